"""What the `unspool` command does with files. `cli` reads the command line and imports what it asks for."""
