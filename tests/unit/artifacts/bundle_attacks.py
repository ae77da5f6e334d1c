"""Ways out of a strategy: each leaves in LOOT something from which all of the interpreter can be had."""

import builtins
import os
import sys
from typing import Any

_SUBCLASSES = (
    "[c for c in {}.__subclasses__() if c.__name__ == '_wrap_close'][0].__init__.__globals__['sys']\n"
)

ATTACKS = {
    # imports
    "import": "import os as LOOT",
    "import of a dotted module": "import os.path as LOOT",
    "import from": "from os import system as LOOT",
    "import of everything": "from os import *\nLOOT = system",
    "import in a function": "def reach():\n    import os\n    return os\nLOOT = reach()",
    "import by name": "LOOT = __import__('os')",
    "import by importlib": "from importlib import import_module\nLOOT = import_module('os')",
    "what typing imports": "from typing import sys as LOOT",
    "attribute of typing": "import typing\nLOOT = typing.sys",
    "attribute of an alias of typing": "import typing as t\nLOOT = t.sys",
    "what enum imports": "from enum import sys as LOOT",
    "builtins under enum's name for them": "from enum import bltns as LOOT",
    "what collections.abc imports": (
        "from collections.abc import _CallableGenericAlias as alias\nLOOT = alias.__new__.__globals__['sys']"
    ),
    "what collections imports": "import collections.abc\nLOOT = collections._sys",
    "loader of math": "import math\nLOOT = math.__spec__.__init__.__globals__['sys']",
    "globals of __future__": "import __future__\nLOOT = __future__.__builtins__['open']",
    "module table": "from sys import modules\nLOOT = modules['os']",
    "foreign memory": "from ctypes import _os as LOOT",
    "pickle": "from pickle import loads\nLOOT = loads(b'cbuiltins\\nopen\\n.')",
    # builtins
    "open": "LOOT = open",
    "open in compatibility characters": "LOOT = \uff4fpen",
    "eval": "LOOT = eval('open')",
    "exec": "exec('import os as LOOT')",
    "compile": "LOOT = eval(compile('open', '', 'eval'))",
    "table of builtins": "LOOT = __builtins__",
    "globals": "LOOT = globals()['__builtins__']",
    "locals": "LOOT = locals()['__builtins__']",
    "vars": "LOOT = vars()['__builtins__']",
    "getattr with a built name": "LOOT = getattr(len, '__se' + 'lf__')",
    "decorators as calls": "def name(_):\n    return 'open'\n@eval\n@name\ndef LOOT():\n    pass",
    "attrgetter": "from operator import attrgetter\nLOOT = attrgetter('__self__')(len)",
    # text that is evaluated
    "get_type_hints": (
        "from typing import get_type_hints\nclass Box:\n    field: \"__import__('os').system\"\n"
        "LOOT = get_type_hints(Box)['field']"
    ),
    "operator made of eval": "class Box:\n    __class_getitem__ = eval\nLOOT = Box['open']",
    # attributes
    "module of a builtin": "LOOT = len.__self__",
    "module of a builtin in compatibility characters": "LOOT = len.__\u017felf__",
    "subclasses of object": "LOOT = " + _SUBCLASSES.format("().__class__.__base__"),
    "subclasses through __mro__": "LOOT = " + _SUBCLASSES.format("''.__class__.__mro__[-1]"),
    "subclasses through mro()": "LOOT = " + _SUBCLASSES.format("int.mro()[-1]"),
    "subclasses through __class__": (
        "class Box:\n    def reach(self):\n        return __class__.__base__\n"
        "LOOT = " + _SUBCLASSES.format("Box().reach()")
    ),
    "globals of a function": "def f():\n    pass\nLOOT = f.__globals__['__builtins__']",
    "builtins of a function": "def f():\n    pass\nLOOT = f.__builtins__",
    "function of other code": "LOOT = type(lambda: 0)((lambda: open).__code__, {})()",
    "other code in a function": "def f():\n    pass\nf.__code__ = (lambda: open).__code__\nLOOT = f()",
    "globals of copyreg": "LOOT = (0).__reduce_ex__(2)[0].__globals__['__builtins__']",
    "class of three arguments": (
        "LOOT = type('Sly', (), {'reach': property(lambda self: len.__self__)})().reach"
    ),
    "metaclass": (
        "class Meta(type):\n    def __getitem__(cls, name):\n        return len.__self__\n"
        "class Box(metaclass=Meta):\n    pass\nLOOT = Box['x']"
    ),
    "pattern of a class": "match len:\n    case object(__self__=LOOT):\n        pass",
    "walrus in a format": "text = f'{(LOOT := len.__self__)}'",
    "walrus in a comprehension": "every = [LOOT := each for each in (len.__self__,)]",
    "global statement": "def reach():\n    global LOOT\n    LOOT = len.__self__\nreach()",
    # frames
    "frame of a generator": "each = (0 for _ in (1,))\nLOOT = each.gi_frame.f_builtins",
    "frame before a generator": (
        "def back():\n    yield each.gi_frame.f_back.f_builtins\neach = back()\nLOOT = next(each)"
    ),
    "frame of a traceback": (
        "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n"
        "    LOOT = error.__traceback__.tb_frame.f_builtins"
    ),
    "frame of a traceback in a group": (
        "try:\n    1 / 0\nexcept* ZeroDivisionError as group:\n"
        "    LOOT = group.exceptions[0].__traceback__.tb_frame.f_builtins"
    ),
    "frame given to __exit__": (
        "class Catch:\n    def __enter__(self):\n        return self\n"
        "    def __exit__(self, kind, error, traceback):\n"
        "        self.found = traceback.tb_frame.f_builtins\n        return True\n"
        "catch = Catch()\nwith catch:\n    1 / 0\nLOOT = catch.found"
    ),
    "frame of a coroutine": "async def f():\n    pass\nc = f()\nLOOT = c.cr_frame.f_builtins\nc.close()",
    "frame of an asynchronous generator": (
        "async def f():\n    yield 0\nc = f()\nLOOT = c.ag_frame.f_builtins"
    ),
    "frame by sys": "from sys import _getframe\nLOOT = _getframe().f_builtins",
    "frame by inspect": "from inspect import currentframe\nLOOT = currentframe().f_builtins",
    "object of an AttributeError": (
        "try:\n    len.missing\nexcept AttributeError as error:\n    LOOT = error.obj.__self__"
    ),
}

# These would touch the disk, the clock or other code's classes: they are tried against the loader only.
TOUCHING = {
    "a file": "open('state.txt', 'a')",
    "a file by pathlib": "from pathlib import Path\nPath('state.txt').touch()",
    "a file by io": "from io import FileIO\nFileIO('state.txt', 'a')",
    "the environment": "from os import environ\nenviron['STATE'] = '1'",
    "the clock": "from time import time\nNOW = time()",
    "chance": "from random import random\nCHANCE = random()",
    "chance by hash": "CHANCE = hash('text')",
    "chance by address": "CHANCE = id(0)",
    "chance by the order of a set": "for CHANCE in {'a', 'b'}:\n    break",
    "a registered class": "from collections.abc import Sequence\nSequence.register(int)",
    "an attribute of an imported module": "import math\nmath.sqrt = math.exp",
    "an attribute of an imported class": "from jax.domain.strategy import Strategy\nStrategy.name = 'x'",
    "a codec, which is imported": "'x'.encode('idna')",
    "attributes by format": "TEXT = '{0.__globals__}'.format(lambda: 0)",
    "attributes by format_map": "TEXT = '{f.__globals__}'.format_map({'f': len})",
    "a breakpoint": "breakpoint()",
    "the way out": "raise SystemExit",
    "a thread": "from threading import Thread\nThread(target=len).start()",
}


def is_loot(found: Any) -> bool:
    """Whether it opens or runs anything, or leads to what does by its public names."""
    prizes = (builtins, vars(builtins), os, os.path, os.system, sys, open)
    return any(found is prize for prize in prizes)
