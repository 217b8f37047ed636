"""Training: seeds, losses, schedules, checkpoints, several processes, and the loop they share."""
