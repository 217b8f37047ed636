"""What a run of the graph will cost, told before it is run."""
