// A CUDA device that computes on the host: with it, PyTorch's CPU build works as if there were one card.
//
// Tensors of the card lie in memory of their own. An operator takes its arguments from the card alone, as
// CUDA's do, and is then computed by the kernel of the CPU. So what stays behind on the host, or is looked at
// from there, fails here as it would on a GPU. Nothing is said of speed, memory or rounding.

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/EmptyTensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <c10/core/impl/alloc_cpu.h>
#include <torch/library.h>

namespace {

constexpr auto kCard = c10::DeviceType::CUDA;
const c10::Device the_card(kCard, 0);

// One device, one stream on which everything has always ended.
struct Guard final : c10::impl::DeviceGuardImplInterface {
  static constexpr c10::DeviceType static_type = kCard;
  c10::DeviceType type() const override { return kCard; }
  c10::Device exchangeDevice(c10::Device) const override { return the_card; }
  c10::Device getDevice() const override { return the_card; }
  void setDevice(c10::Device) const override {}
  void uncheckedSetDevice(c10::Device) const noexcept override {}
  c10::Stream getStream(c10::Device d) const override { return c10::Stream(c10::Stream::DEFAULT, d); }
  c10::Stream getDefaultStream(c10::Device d) const override { return getStream(d); }
  c10::Stream getNewStream(c10::Device d, int) const override { return getStream(d); }
  c10::Stream exchangeStream(c10::Stream stream) const override { return stream; }
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
  void record(void** event, const c10::Stream&, const c10::DeviceIndex, const c10::EventFlag) const override {
    static int place;
    *event = &place;
  }
  void block(void*, const c10::Stream&) const override {}
  bool queryEvent(void*) const override { return true; }
  void synchronizeEvent(void*) const override {}
  void destroyEvent(void*, const c10::DeviceIndex) const noexcept override {}
  bool queryStream(const c10::Stream&) const override { return true; }
  void synchronizeStream(const c10::Stream&) const override {}
  void synchronizeDevice(const c10::DeviceIndex) const override {}
  void recordDataPtrOnStream(const c10::DataPtr&, const c10::Stream&) const override {}
};
C10_REGISTER_GUARD_IMPL(CUDA, Guard)

struct Memory final : c10::Allocator {
  c10::DataPtr allocate(size_t bytes) override {
    void* data = bytes > 0 ? c10::alloc_cpu(bytes) : nullptr;
    return {data, data, &c10::free_cpu, the_card};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &c10::free_cpu; }
  void copy_data(void* to, const void* from, size_t bytes) const override { std::memcpy(to, from, bytes); }
} memory;
const bool memory_is_known = (c10::SetAllocator(kCard, &memory, 255), true);

// The name is the one that PyTorch looks up.
struct CUDAHooks final : at::CUDAHooksInterface {
  explicit CUDAHooks(at::CUDAHooksArgs) {}
  void init() const override {}
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasCUDA() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
  c10::DeviceIndex deviceCount() const override { return 1; }
  int getNumGPUs() const override { return 1; }
  c10::DeviceIndex current_device() const override { return 0; }
  c10::DeviceIndex getCurrentDevice() const override { return 0; }
  void setCurrentDevice(c10::DeviceIndex) const override {}
  c10::DeviceIndex exchangeDevice(c10::DeviceIndex) const override { return 0; }
  c10::DeviceIndex maybeExchangeDevice(c10::DeviceIndex) const override { return 0; }
  c10::Allocator* getPinnedMemoryAllocator() const override { return c10::GetCPUAllocator(); }
  const at::Generator& getDefaultGenerator(c10::DeviceIndex) const override {
    return at::detail::getDefaultCPUGenerator();
  }
  void deviceSynchronize(c10::DeviceIndex) const override {}
};
using at::CUDAHooksRegistry;
using at::RegistererCUDAHooksRegistry;
REGISTER_CUDA_HOOKS(CUDAHooks)

bool on_card(const at::Tensor& tensor) { return tensor.defined() && tensor.device().type() == kCard; }

// The same memory, sizes and strides under another device's name; the storage lives as long as its owner.
at::Tensor renamed(const at::Tensor& tensor, c10::Device device, c10::DispatchKey key, c10::Allocator* owner) {
  auto storage = tensor.storage();
  c10::DataPtr data(
      storage.mutable_data(), new c10::Storage(storage),
      [](void* held) { delete static_cast<c10::Storage*>(held); }, device);
  c10::Storage other(c10::Storage::use_byte_size_t(), storage.nbytes(), std::move(data), owner, true);
  auto made = at::detail::make_tensor<c10::TensorImpl>(std::move(other), c10::DispatchKeySet(key), tensor.dtype());
  made.unsafeGetTensorImpl()->set_sizes_and_strides(tensor.sizes(), tensor.strides(), tensor.storage_offset());
  return made;
}
at::Tensor as_host(const at::Tensor& tensor) {
  if (!on_card(tensor)) return tensor;
  return renamed(tensor, c10::Device(c10::kCPU), c10::DispatchKey::CPU, c10::GetCPUAllocator());
}
at::Tensor as_card(const at::Tensor& tensor) {
  if (!tensor.defined() || on_card(tensor)) return tensor;
  return renamed(tensor, the_card, c10::DispatchKey::CUDA, &memory);
}

// CUDA's indexing takes indices of the host, and tensors of no dimension go everywhere.
bool may_mix(const std::string& name) {
  return name.rfind("aten::index", 0) == 0 || name.rfind("aten::_index_put", 0) == 0;
}

void compute_on_host(const c10::OperatorHandle& op, c10::DispatchKeySet, torch::jit::Stack* stack) {
  const auto& schema = op.schema();
  std::vector<at::Tensor> given, there;
  bool from_card = false, from_host = false;
  auto taken = [&](const at::Tensor& tensor) {
    if (!tensor.defined()) return tensor;
    (on_card(tensor) ? from_card : from_host) |= on_card(tensor) || tensor.dim() > 0;
    given.push_back(tensor);
    there.push_back(as_host(tensor));
    return there.back();
  };
  for (size_t at = stack->size() - schema.arguments().size(); at < stack->size(); ++at) {
    auto& value = (*stack)[at];
    if (value.isTensor()) {
      value = taken(value.toTensor());
    } else if (value.isTensorList()) {
      std::vector<at::Tensor> list;
      for (const auto& one : value.toTensorVector()) list.push_back(taken(one));
      value = c10::List<at::Tensor>(list);
    } else if (value.isOptionalTensorList()) {
      c10::List<std::optional<at::Tensor>> list;
      for (const auto& one : value.toOptionalTensorVector())
        list.push_back(one.has_value() ? std::optional<at::Tensor>(taken(*one)) : one);
      value = list;
    } else if (value.isDevice() && value.toDevice().type() == kCard) {
      from_card = true;
      value = c10::Device(c10::kCPU);
    } else if (value.isGenerator()) {
      TORCH_CHECK(value.toGenerator().device().type() == kCard,
                  "Expected a 'cuda' device type for generator but found 'cpu' (", schema.name(), ")");
    }
  }
  TORCH_CHECK(!(from_card && from_host) || may_mix(schema.name()),
              "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu! (",
              schema.name(), ")");
  op.redispatchBoxed(c10::DispatchKeySet(c10::DispatchKey::CPU), stack);
  // What was computed in place, or into a tensor that was given, is that tensor: it may have been resized.
  auto back = [&](const at::Tensor& made) {
    for (size_t at = 0; made.defined() && at < there.size(); ++at) {
      if (!there[at].is_same(made)) continue;
      if (on_card(given[at])) {
        auto* own = given[at].unsafeGetTensorImpl();
        if (made.storage().data() != given[at].storage().data())
          own->set_storage_and_dtype(as_card(made).storage(), made.dtype());
        own->set_sizes_and_strides(made.sizes(), made.strides(), made.storage_offset());
      }
      return given[at];
    }
    return as_card(made);
  };
  for (size_t at = stack->size() - schema.returns().size(); at < stack->size(); ++at) {
    auto& value = (*stack)[at];
    if (value.isTensor()) {
      value = back(value.toTensor());
    } else if (value.isTensorList()) {
      std::vector<at::Tensor> list;
      for (const auto& one : value.toTensorVector()) list.push_back(back(one));
      value = c10::List<at::Tensor>(list);
    }
  }
}

using Sizes = c10::SymIntArrayRef;
const c10::DispatchKeySet card_keys(c10::DispatchKey::CUDA);

at::Tensor empty(Sizes size, std::optional<at::ScalarType> type, std::optional<at::Layout>,
                 std::optional<at::Device>, std::optional<bool>, std::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(
      C10_AS_INTARRAYREF_SLOW(size), &memory, card_keys, c10::dtype_or_default(type), format);
}
at::Tensor empty_strided(Sizes size, Sizes stride, std::optional<at::ScalarType> type, std::optional<at::Layout>,
                         std::optional<at::Device>, std::optional<bool>) {
  return at::detail::empty_strided_generic(
      C10_AS_INTARRAYREF_SLOW(size), C10_AS_INTARRAYREF_SLOW(stride), &memory, card_keys, c10::dtype_or_default(type));
}
at::Tensor& copy_(at::Tensor& to, const at::Tensor& from, bool) {
  auto there = as_host(to);
  there.copy_(as_host(from));
  return to;
}

// Views share their storage, so that they cannot be made of results.
at::Tensor viewed(const at::Tensor& tensor, const at::Tensor& like) {
  auto made = at::detail::make_tensor<c10::TensorImpl>(
      c10::TensorImpl::VIEW, c10::Storage(tensor.storage()), tensor.key_set(), like.dtype());
  made.unsafeGetTensorImpl()->set_sizes_and_strides(like.sizes(), like.strides(), like.storage_offset());
  return made;
}
at::Tensor as_strided(const at::Tensor& t, Sizes size, Sizes stride, std::optional<c10::SymInt> offset) {
  return viewed(t, as_host(t).as_strided_symint(size, stride, offset));
}
at::Tensor view(const at::Tensor& t, Sizes size) { return viewed(t, as_host(t).view_symint(size)); }
at::Tensor view_dtype(const at::Tensor& t, at::ScalarType type) { return viewed(t, as_host(t).view(type)); }
at::Tensor alias(const at::Tensor& t) { return viewed(t, as_host(t)); }
at::Tensor unfold(const at::Tensor& t, int64_t dim, int64_t size, int64_t step) {
  return viewed(t, as_host(t).unfold(dim, size, step));
}
at::Tensor reshape_alias(const at::Tensor& t, Sizes size, Sizes stride) {
  return as_strided(t, size, stride, std::nullopt);
}

}  // namespace

TORCH_LIBRARY_IMPL(_, CUDA, m) { m.fallback(torch::CppFunction::makeFromBoxedFunction<&compute_on_host>()); }

TORCH_LIBRARY_IMPL(aten, CUDA, m) {
  m.impl("empty.memory_format", empty);
  m.impl("empty_strided", empty_strided);
  m.impl("copy_", copy_);
  m.impl("as_strided", as_strided);
  m.impl("view", view);
  m.impl("view.dtype", view_dtype);
  m.impl("alias", alias);
  m.impl("unfold", unfold);
  m.impl("_reshape_alias", reshape_alias);
  // They would choose kernels of cuDNN.
  m.impl("convolution", torch::CppFunction::makeFromBoxedFunction<&compute_on_host>());
  m.impl("convolution_backward", torch::CppFunction::makeFromBoxedFunction<&compute_on_host>());
}
