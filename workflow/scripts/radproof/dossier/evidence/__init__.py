"""What a finished run can say to the items of reporting checklists, each with its evidence."""
