"""Results that can be put into git: what a report needs of a run, without weights or photographs."""
