"""The commands of `unspool`. `cli` reads the command line and imports the one that it names."""
