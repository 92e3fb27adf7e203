"""One analyser per language: ``analyse(data, limits) -> SourceFacts``; a module, a ``.scm`` query and a lexicon."""
