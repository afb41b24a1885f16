"""How kernels reach the arrays of a run: by one pointer, however many arrays there are.

Numba hands a tuple of arrays over by value, seven words or more for each, to every function that gets it; with forty
arrays that is most of what there is to compile. A `Reference` writes these words down once, in a table, and kernels
get the address of the table. In plain Python it is an object with attributes, so the same source runs in both.
The table never changes, and kernels are told so: they may read an entry once instead of in every round of a loop.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.imputils import lower_getattr_generic
from numba.core.typing.templates import AttributeTemplate
from numba.extending import NativeValue, infer_getattr, models, register_model, typeof_impl, unbox
from numba.np.arrayobj import populate_array
from numba.np.numpy_support import from_dtype

WORD = 8  # bytes of an entry of the table
# Entries of an array: data, number of bytes an element, then its shape and its strides.
DATA, ITEM_SIZE, SHAPE = 0, 1, 2


class Reference:
    """Named arrays, records and whole numbers that kernels read by ``reference.name``.

    Parameters
    ----------
    **fields
        C-contiguous arrays, records (``numpy.record``) and integers. Kernels change the elements of arrays in place;
        what a name stands for can't be changed.
    """

    def __init__(self, **fields: Any) -> None:  # noqa: ANN401 - of many kinds
        vars(self).update(fields)
        self._fields = tuple(fields.values())
        entries = np.array([entry for value in fields.values() for entry in _entries(value)], dtype=np.int64)
        self._table = entries  # kept as long as its address is in use
        self._address = entries.ctypes.data
        self._numba_type_ = _reference_type(tuple((name, _kind(value)) for name, value in fields.items()))

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        return sum(value.nbytes for value in self._fields if isinstance(value, np.ndarray))


def _entries(value: object) -> tuple[int, ...]:
    """Return what stands in the table for a field."""
    if isinstance(value, np.ndarray):
        if not value.flags.c_contiguous:
            raise TypeError("a reference takes C-contiguous arrays only")
        return (value.ctypes.data, value.itemsize, *value.shape, *value.strides)
    if isinstance(value, np.void):
        return (np.frombuffer(value, np.uint8).ctypes.data,)
    return (int(value),)  # type: ignore[call-overload]


class ReferenceType(types.Type):
    """The type of a `Reference`: names and types of its fields, and where each begins in the table (bytes)."""

    def __init__(self, fields: tuple[tuple[str, Any], ...]) -> None:
        self.fields = dict(fields)
        self.begins: dict[str, int] = {}
        place = 0
        for name, kind in fields:
            self.begins[name] = place
            place += WORD * (SHAPE + 2 * kind.ndim if isinstance(kind, types.Array) else 1)
        # Numba writes the name of a type into that of every function that gets one, so it has to be short.
        names = ", ".join(f"{name}: {kind}" for name, kind in fields)
        super().__init__(f"Reference({hashlib.sha256(names.encode()).hexdigest()[:16]})")


def _kind(value: object) -> tuple[np.dtype[Any] | None, int]:
    """Return what numba's type of a field depends on, which is much quicker to find than that type itself."""
    if isinstance(value, np.ndarray):
        return value.dtype, value.ndim
    return (value.dtype if isinstance(value, np.void) else None), 0


@cache
def _reference_type(kinds: tuple[tuple[str, tuple[np.dtype[Any] | None, int]], ...]) -> ReferenceType:
    def numba_type(dtype: np.dtype[Any] | None, dimensions: int) -> Any:  # noqa: ANN401
        if dtype is None:
            return types.int64
        return types.Array(from_dtype(dtype), dimensions, "C") if dimensions else from_dtype(dtype)

    return ReferenceType(tuple((name, numba_type(*kind)) for name, kind in kinds))


register_model(ReferenceType)(models.OpaqueModel)


@typeof_impl.register(Reference)
def _type_of_reference(value: Reference, _: object) -> ReferenceType:
    return value._numba_type_


@unbox(ReferenceType)
def _unbox_reference(_: ReferenceType, reference: Any, c: Any) -> Any:  # noqa: ANN401 - numba has no types for these
    address = c.pyapi.object_getattr_string(reference, "_address")
    pointer = c.builder.inttoptr(c.pyapi.long_as_longlong(address), cgutils.voidptr_t)
    c.pyapi.decref(address)
    return NativeValue(pointer)


@infer_getattr
class _FieldTypes(AttributeTemplate):
    key = ReferenceType

    def generic_resolve(self, reference: ReferenceType, name: str) -> Any:  # type: ignore[override]  # noqa: ANN401
        return reference.fields.get(name)


@lower_getattr_generic(ReferenceType)
def _read_field(context: Any, builder: Any, reference: ReferenceType, pointer: Any, name: str) -> Any:  # noqa: ANN401
    """Read a field from the table."""
    word, never_changes = ir.IntType(8 * WORD), builder.module.add_metadata([])

    def entry(number: int, kind: Any) -> Any:  # noqa: ANN401
        place = ir.Constant(word, reference.begins[name] + WORD * number)
        found = builder.load(builder.bitcast(builder.gep(pointer, [place]), kind.as_pointer()))
        found.set_metadata("invariant.load", never_changes)
        return found

    kind = reference.fields[name]
    if not isinstance(kind, types.Array):
        return entry(0, context.get_value_type(kind))
    array, nobody = context.make_array(kind)(context, builder), ir.Constant(cgutils.voidptr_t, None)
    populate_array(
        array,
        data=entry(DATA, context.get_data_type(kind.dtype).as_pointer()),
        shape=cgutils.pack_array(builder, [entry(SHAPE + axis, word) for axis in range(kind.ndim)]),
        strides=cgutils.pack_array(builder, [entry(SHAPE + kind.ndim + axis, word) for axis in range(kind.ndim)]),
        itemsize=entry(ITEM_SIZE, word),
        meminfo=nobody,  # the Python object owns the array, so kernels count no references to it
        parent=nobody,
    )
    return array._getvalue()
