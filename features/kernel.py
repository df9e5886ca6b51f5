"""The compiled loops of the engine: the walk over events and as-of points, and the ordering that it needs.

Everything here works on plain arrays. Instants are microseconds since 1970, -1 stands for no event and no code.
"""

from __future__ import annotations

import numba
import numpy as np

LONG_AGO = np.iinfo(np.int64).min // 4
NEVER = np.iinfo(np.int64).max
NO_TIME = np.iinfo(np.int64).min


def still(array: np.ndarray) -> np.ndarray:
    """The array, from now on only to be read: loops are compiled once for such arrays, wherever they come from."""
    array.setflags(write=False)
    return array


@numba.njit(cache=True, nogil=True)
def walk(
    place, row_offsets, row_us, offsets, happened, arrived, replaced, bits,
    ops, agg_bit, agg_window, agg_source, in_window, window_from, windows_us, values, codes, n_codes, out,
):  # fmt: skip
    """Fill `out[aggregate, row]` for groups of rows; group g tells of the entity at place[g] (-1: of none).

    The aggregates of window w are in_window[window_from[w]:window_from[w + 1]]. Rows of group g are
    row_offsets[g]..row_offsets[g + 1] - 1, in the order of `row_us`; `out` begins with the first.
    """
    n_aggs, n_windows, base = ops.shape[0], windows_us.shape[0], row_offsets[0]
    ever_replaced = replaced.shape[0] > 0
    longest = 1
    for g in range(place.shape[0]):
        if place[g] >= 0:
            longest = max(longest, offsets[place[g] + 1] - offsets[place[g]])
    order = np.empty(longest, np.int64)
    state = np.empty(n_aggs, np.int64)
    seen = np.zeros((max(1, codes.shape[0]), n_codes), np.int32)
    starts = np.empty(n_windows, np.int64)
    cutoffs = np.empty(n_windows, np.int64)
    for g in range(place.shape[0]):
        e = place[g]
        first_event = offsets[e] if e >= 0 else 0
        end_event = offsets[e + 1] if e >= 0 else 0
        before = LONG_AGO
        upcoming = first_event
        arrived_count = 0
        some_replaced = False
        if ever_replaced:
            for i in range(first_event, end_event):
                some_replaced = some_replaced or replaced[i] < NEVER
        for r in range(row_offsets[g], row_offsets[g + 1]):
            now = row_us[r]
            anew = r == row_offsets[g]
            # Where a newer version replaced an event since the last point, the life is walked anew without it.
            if some_replaced:
                for i in range(first_event, upcoming):
                    anew = anew or before <= replaced[i] < now
            before = now
            if anew:
                for s in range(codes.shape[0]):
                    for i in range(first_event, upcoming):
                        if codes[s, i] >= 0:
                            seen[s, codes[s, i]] = 0
                for a in range(n_aggs):
                    state[a] = -1 if ops[a] <= 2 else 0
                starts[:] = 0
                cutoffs[:] = LONG_AGO
                arrived_count = 0
                upcoming = first_event
            while upcoming < end_event and arrived[upcoming] < now:
                i = upcoming
                upcoming += 1
                if ever_replaced and replaced[i] < now:
                    continue
                at = happened[i]
                spot = arrived_count
                while spot > 0 and happened[order[spot - 1]] > at:
                    order[spot] = order[spot - 1]
                    spot -= 1
                order[spot] = i
                arrived_count += 1
                for w in range(n_windows):
                    if at < cutoffs[w]:
                        starts[w] += 1
                for a in range(n_aggs):
                    if not (bits[i] >> agg_bit[a]) & 1:
                        continue
                    window = agg_window[a]
                    gone = window >= 0 and at < cutoffs[window]
                    op = ops[a]
                    if op == 0:
                        if state[a] < 0 or happened[state[a]] <= at:
                            state[a] = i
                    elif op == 1:
                        if state[a] < 0 or at < happened[state[a]]:
                            state[a] = i
                    elif op == 2:
                        if gone and (state[a] < 0 or happened[state[a]] <= at):
                            state[a] = i
                    elif gone:
                        continue
                    elif op == 3:
                        state[a] += 1
                    elif op == 4:
                        state[a] += values[agg_source[a], i]
                    else:
                        code = codes[agg_source[a], i]
                        if code >= 0:
                            seen[agg_source[a], code] += 1
                            if seen[agg_source[a], code] == 1:
                                state[a] += 1
            for w in range(n_windows):
                cutoffs[w] = now - windows_us[w]
                while starts[w] < arrived_count and happened[order[starts[w]]] < cutoffs[w]:
                    i = order[starts[w]]
                    starts[w] += 1
                    for k in range(window_from[w], window_from[w + 1]):
                        a = in_window[k]
                        if not (bits[i] >> agg_bit[a]) & 1:
                            continue
                        op = ops[a]
                        if op == 2:
                            if state[a] < 0 or happened[state[a]] <= happened[i]:
                                state[a] = i
                        elif op == 3:
                            state[a] -= 1
                        elif op == 4:
                            state[a] -= values[agg_source[a], i]
                        elif op == 5:
                            code = codes[agg_source[a], i]
                            if code >= 0:
                                seen[agg_source[a], code] -= 1
                                if seen[agg_source[a], code] == 0:
                                    state[a] -= 1
            for a in range(n_aggs):
                out[a, r - base] = state[a]
        for s in range(codes.shape[0]):
            for i in range(first_event, upcoming):
                if codes[s, i] >= 0:
                    seen[s, codes[s, i]] = 0


@numba.njit(cache=True, nogil=True)
def ties(begins, arrived, happened, more):
    """Which tie each event belongs to: groups of events of one entity that agree in all keys, numbered from 0.

    -1 for an event that ties with none. None at all (an empty array) when the keys are out of order somewhere. The
    keys are `arrived`, `happened` and the rows of `more`; `begins` is true at an entity's first event.
    """
    n = begins.shape[0]
    group = np.full(n, -1, np.int32)
    found = 0
    for i in range(1, n):
        if begins[i]:
            continue
        compared = np.sign(arrived[i] - arrived[i - 1])
        if compared == 0:
            compared = np.sign(happened[i] - happened[i - 1])
        for k in range(more.shape[0]):
            if compared == 0:
                compared = np.sign(more[k, i] - more[k, i - 1])
        if compared < 0:
            return np.empty(0, np.int32)
        if compared == 0:
            if group[i - 1] < 0:
                group[i - 1] = found
                found += 1
            group[i] = group[i - 1]
    return group


@numba.njit(cache=True, nogil=True)
def codes_within(codes, offsets, n_words):
    """`codes` numbered anew from 0 within each entity, and the most any entity has."""
    out = np.full(codes.shape[0], -1, np.int32)
    owner = np.full(n_words, -1, np.int64)
    number = np.zeros(n_words, np.int32)
    most = 1
    for e in range(offsets.shape[0] - 1):
        found = 0
        for i in range(offsets[e], offsets[e + 1]):
            code = codes[i]
            if code < 0:
                continue
            if owner[code] != e:
                owner[code] = e
                number[code] = found
                found += 1
            out[i] = number[code]
        most = max(most, found)
    return out, most


@numba.njit(cache=True, nogil=True)
def fixed(numbers, scale):
    """Numbers as whole multiples of 1 / `scale`, so that sums do not depend on order; what is no number counts 0."""
    out = np.zeros(numbers.shape[0], np.int64)
    for i in range(numbers.shape[0]):
        if not np.isnan(numbers[i]):
            out[i] = np.int64(np.rint(min(max(numbers[i], -1e11), 1e11) * scale))
    return out


@numba.njit(cache=True, nogil=True)
def blank(n_columns, n_rows):
    """Room for numbers, handed out page by page as it is filled; NumPy's huge pages can be slow to come by."""
    return np.empty((n_columns, n_rows), np.float64)


@numba.njit(cache=True, nogil=True)
def blank_states(n_steps, n_rows):
    """As `blank`, for what the walk finds."""
    return np.empty((n_steps, n_rows), np.int64)


@numba.njit(cache=True, nogil=True)
def no_bits(n):
    """Words without a bit set."""
    return np.zeros(n, np.uint64)


@numba.njit(cache=True, nogil=True)
def first_alike(hashes, offsets):
    """For each event the first of its entity with the same hash; and each such first one's number in its entity."""
    first = np.empty(hashes.shape[0], np.int64)
    number = np.empty(hashes.shape[0], np.int32)
    longest, most = 1, 1
    for e in range(offsets.shape[0] - 1):
        longest = max(longest, offsets[e + 1] - offsets[e])
    size = 1
    while size < 2 * longest:
        size *= 2
    slots = np.full(size, -1, np.int64)
    for e in range(offsets.shape[0] - 1):
        found = 0
        for i in range(offsets[e], offsets[e + 1]):
            slot = np.int64(hashes[i] & np.uint64(size - 1))
            while slots[slot] >= 0 and hashes[slots[slot]] != hashes[i]:
                slot = (slot + 1) & (size - 1)
            if slots[slot] < 0:
                slots[slot] = i
                number[i] = found
                found += 1
            first[i] = slots[slot]
            number[i] = number[slots[slot]]
        for i in range(offsets[e], offsets[e + 1]):
            slot = np.int64(hashes[i] & np.uint64(size - 1))
            while slots[slot] >= 0:
                slots[slot] = -1
                slot = (slot + 1) & (size - 1)
        most = max(most, found)
    return first, number, most


@numba.njit(cache=True, nogil=True)
def first_seen(codes, n):
    """Where each of the codes 0..n-1 first stands; -1 for one that nowhere does."""
    first = np.full(n, -1, np.int64)
    for i in range(codes.shape[0]):
        if codes[i] >= 0 and first[codes[i]] < 0:
            first[codes[i]] = i
    return first


@numba.njit(cache=True, nogil=True)
def set_bit(bits, truth, bit):
    """Set one bit of `bits` wherever `truth` holds."""
    one = np.uint64(1) << bit
    for i in range(bits.shape[0]):
        if truth[i]:
            bits[i] |= one


@numba.njit(cache=True, nogil=True)
def group_rows(codes, n_groups, sequence):
    """Rows by group, each group in the order of `sequence` (empty: as they stand): their order and where each begins.

    A code of -1 belongs to the last group.
    """
    offsets = np.zeros(n_groups + 1, np.int64)
    for i in range(codes.shape[0]):
        offsets[(codes[i] if codes[i] >= 0 else n_groups - 1) + 1] += 1
    for g in range(n_groups):
        offsets[g + 1] += offsets[g]
    upcoming = offsets[:-1].copy()
    order = np.empty(codes.shape[0], np.int64)
    for k in range(codes.shape[0]):
        i = sequence[k] if sequence.shape[0] else k
        g = codes[i] if codes[i] >= 0 else n_groups - 1
        order[upcoming[g]] = i
        upcoming[g] += 1
    return order, offsets


@numba.njit(cache=True, nogil=True)
def runs_of(us):
    """Which run of equal instants each row belongs to, the instant of each run, and whether instants never fall."""
    of_row = np.empty(us.shape[0], np.int32)
    instants = np.empty(1024, np.int64)
    n = 0
    for i in range(us.shape[0]):
        if i > 0 and us[i] < us[i - 1]:
            return of_row, instants[:0], False
        if i == 0 or us[i] != us[i - 1]:
            if n == instants.shape[0]:
                instants = np.append(instants, np.empty(n, np.int64))
            instants[n] = us[i]
            n += 1
        of_row[i] = n - 1
    return of_row, instants[:n].copy(), True


@numba.njit(cache=True, nogil=True)
def points_of(order, offsets, us):
    """The different instants of each group: the point of each row, where each group's points begin, and the points."""
    of_row = np.empty(order.shape[0], np.int32)
    point_offsets = np.zeros(offsets.shape[0], np.int64)
    points = np.empty(order.shape[0], np.int64)
    n = 0
    for g in range(offsets.shape[0] - 1):
        for k in range(offsets[g], offsets[g + 1]):
            i = order[k]
            if k == offsets[g] or us[i] != points[n - 1]:
                points[n] = us[i]
                n += 1
            of_row[i] = n - 1
        point_offsets[g + 1] = n
    return of_row, point_offsets, points[:n].copy()


@numba.njit(cache=True, nogil=True)
def chosen(kinds, is_wanted, codes, none):
    """The code of each event of a wanted kind; `none` for the others and where there is no code."""
    out = np.empty(codes.shape[0], np.uint32)
    for i in range(codes.shape[0]):
        out[i] = codes[i] if kinds[i] >= 0 and is_wanted[kinds[i]] and codes[i] >= 0 else none
    return out


@numba.njit(cache=True, nogil=True)
def take(values, index, missing):
    """`values` at `index`, `missing` where the index is -1."""
    out = np.empty(index.shape[0], values.dtype)
    for i in range(index.shape[0]):
        out[i] = values[index[i]] if index[i] >= 0 else missing
    return out


@numba.njit(cache=True, nogil=True)
def put(out, rows, values):
    """Write `values` into `out` at `rows`; what is no finite number becomes NaN."""
    for i in range(rows.shape[0]):
        value = values[i]
        out[rows[i]] = value if np.isfinite(value) else np.nan
