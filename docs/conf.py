"""Settings of Sphinx for this site. docs/site/build.py calls it: the source folder is a copy of the documents there."""
project = "FastChat"
author = "the FastChat authors"
copyright = "the FastChat authors"  # noqa: A001 (the name that Sphinx reads)
root_doc = "docs/index"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["examples/*.py"]

# A link names a heading as forges do: operations.md#ports-and-firewalls.
myst_heading_anchors = 4
# Only what forges render too: tables, lists, code. No "substitutions" or "smart" quotes in commands.
myst_enable_extensions = []
smartquotes = False
highlight_language = "none"
nitpicky = True

html_theme = "furo"
html_title = "FastChat"
html_static_path = ["site/static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_theme_options = {"navigation_with_keys": True}
