"""Every name from outside that a strategy may use: what is not listed here does not exist for it.

None of them reaches a file, a clock, other code or the interpreter, evaluates text, or keeps anything between
two calls. Of `math` only what gives the same bits as plain Python and compiled: `hypot`, `gamma` and `lgamma`
were seen to differ, `cbrt`, `fmod` and `remainder` do not compile. `pow` and `sum` are missing among the
builtins because `pow(x, 2)` differs when compiled, and `sum` adds floats in another way from Python 3.12 on.
`set`, `hash` and `id` are missing because they give other answers in another process.
"""

from collections.abc import Mapping

_MATH = (
    "acos acosh asin asinh atan atan2 atanh ceil copysign cos cosh degrees e erf erfc exp expm1 fabs floor "
    "inf isfinite isinf isnan log log10 log1p log2 nan pi pow radians sin sinh sqrt tan tanh tau trunc"
)
MODULE_NAMES: Mapping[str, tuple[str, ...]] = {
    "__future__": ("annotations",),
    "collections.abc": ("Callable", "Iterable", "Iterator", "Mapping", "Sequence"),
    "enum": ("Enum", "IntEnum"),
    "math": tuple(_MATH.split()),
    "typing": (
        *("Any", "Callable", "ClassVar", "Final", "Literal", "NamedTuple", "NoReturn", "Optional"),
        *("Protocol", "TypeAlias", "TypeVar", "Union"),
    ),
}
ALLOWED_MODULES = frozenset(MODULE_NAMES)
BUILTIN_NAMES = (
    *("abs", "all", "any", "bool", "dict", "divmod", "enumerate", "float", "int", "isinstance", "len"),
    *("list", "max", "min", "range", "reversed", "round", "sorted", "str", "tuple", "zip"),
    *("ArithmeticError", "AssertionError", "Exception", "IndexError", "KeyError", "NotImplementedError"),
    *("OverflowError", "RuntimeError", "TypeError", "ValueError", "ZeroDivisionError"),
)
