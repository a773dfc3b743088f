"""What Python 2 called otherwise, and its name of today."""

from __future__ import annotations

__all__ = ["BUILTINS", "DICT_METHODS", "MODULES"]

#: What Python 2 had built in -> what says the same today.
BUILTINS = {
    "basestring": "str",
    "file": "open",
    "long": "int",
    "raw_input": "input",
    "unichr": "chr",
    "unicode": "str",
    "xrange": "range",
}
#: Methods of dicts -> what says the same today.
DICT_METHODS = {
    "iteritems": "items",
    "iterkeys": "keys",
    "itervalues": "values",
}
#: Modules that have another name today.
MODULES = {
    "ConfigParser": "configparser",
    "Queue": "queue",
    "StringIO": "io",
    "cPickle": "pickle",
    "cStringIO": "io",
    "httplib": "http.client",
    "urlparse": "urllib.parse",
}
