"""One module per subcommand of ``darnel``. They import what is heavy when they run."""
