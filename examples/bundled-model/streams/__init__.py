# SPDX-License-Identifier: MIT
"""Endless log text for training: of systems that never were.

    material = Material.load(FOLDER)
    text, kind = document(random.Random(1), material)

A document is some hundred lines of one system.  A system (systems.py) is a
clock (clocks.py), a header (headers.py), templates (templates.py) whose slots
hold values (values.py) under laws (laws.py), a layout (layouts.py) and an
order.  mix.py knows the kinds of systems and how often each comes.
"""
from .material import Material
from .mix import KINDS, PROTOTYPE, document, documents

__all__ = ["KINDS", "PROTOTYPE", "Material", "document", "documents"]
