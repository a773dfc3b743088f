"""What an SQL statement does, told from its text; nothing here executes.

Each module answers for one who must know: whether it controls the transaction
(:mod:`.control`), which tables it may change (:mod:`.effect`), and of what
kind it is for recovery and previews (:mod:`.kind`).
"""

from __future__ import annotations
