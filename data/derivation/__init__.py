"""The steps that turn published source files into the project's own tables."""
