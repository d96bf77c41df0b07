"""Input-output analysis of Shanghai's industrial chains."""
