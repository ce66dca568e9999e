"""Local mock servers for Oomnitza and the source systems, for the demo, for trials and for tests.

Each answers as its vendor documents, and refuses what its vendor refuses. Nothing in `lib`,
`connectors` or `converters` imports from here, and nothing here imports from `connectors`.
"""
