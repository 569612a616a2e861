"""How well readers agree: plain statistics on plain numbers. No Django, no clock, no I/O (docs/reader-agreement.md).

Every statistic that cannot be had says why (`Undefined`) instead of giving a number that means nothing.
"""

from .bland_altman import BlandAltman, bland_altman
from .icc import Icc, IccTable, icc_table
from .kappa import Kappa, kappa, linear, quadratic, unweighted
from .plain import CONFIDENCE, Interval, Spread, exact_share, spread
from .slope import Slope, slope

__all__ = [
    "CONFIDENCE",
    "BlandAltman",
    "Icc",
    "IccTable",
    "Interval",
    "Kappa",
    "Slope",
    "Spread",
    "bland_altman",
    "exact_share",
    "icc_table",
    "kappa",
    "linear",
    "quadratic",
    "slope",
    "spread",
    "unweighted",
]
