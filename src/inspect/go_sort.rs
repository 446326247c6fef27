//! The order in which Go's `sort.Slice` leaves elements that its comparison does not tell apart.
//!
//! The reference sorts with comparisons that are not total, so the order of ties is that of Go's pattern-defeating
//! quicksort: insertion sort up to twelve elements, a pivot of one, three or nine elements by length, heapsort when
//! luck runs out. `less` is given the slice and two places in it, as in Go.

/// Sorts `items` as Go would, with a comparison that need not be a total order.
pub fn sort_by_less<T>(items: &mut [T], less: impl Fn(&T, &T) -> bool) {
    let limit = bit_length(items.len());
    let end = items.len();
    Sorter { items, less }.quicksort(0, end, limit);
}

struct Sorter<'s, T, F> {
    items: &'s mut [T],
    less: F,
}

/// What choosing the pivot told about the order of a range.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hint {
    Unknown,
    Increasing,
    Decreasing,
}

const INSERTION_LENGTH: usize = 12;

impl<T, F: Fn(&T, &T) -> bool> Sorter<'_, T, F> {
    fn less(&self, a: usize, b: usize) -> bool {
        match (self.items.get(a), self.items.get(b)) {
            (Some(a), Some(b)) => (self.less)(a, b),
            _ => false,
        }
    }

    fn swap(&mut self, a: usize, b: usize) {
        if a < self.items.len() && b < self.items.len() {
            self.items.swap(a, b);
        }
    }

    fn insertion_sort(&mut self, start: usize, end: usize) {
        for i in start + 1..end {
            let mut j = i;
            while j > start && self.less(j, j - 1) {
                self.swap(j, j - 1);
                j -= 1;
            }
        }
    }

    fn heap_sort(&mut self, start: usize, end: usize) {
        let length = end - start;
        for root in (0..length.div_ceil(2)).rev() {
            self.sift_down(root, length, start);
        }
        for last in (0..length).rev() {
            self.swap(start, start + last);
            self.sift_down(0, last, start);
        }
    }

    fn sift_down(&mut self, mut root: usize, length: usize, start: usize) {
        loop {
            let mut child = 2 * root + 1;
            if child >= length {
                return;
            }
            if child + 1 < length && self.less(start + child, start + child + 1) {
                child += 1;
            }
            if !self.less(start + root, start + child) {
                return;
            }
            self.swap(start + root, start + child);
            root = child;
        }
    }

    fn quicksort(&mut self, mut start: usize, mut end: usize, mut limit: u32) {
        let mut balanced = true;
        let mut partitioned = true;
        loop {
            let length = end - start;
            if length <= INSERTION_LENGTH {
                self.insertion_sort(start, end);
                return;
            }
            if limit == 0 {
                self.heap_sort(start, end);
                return;
            }
            if !balanced {
                self.break_patterns(start, end);
                limit -= 1;
            }
            let (mut pivot, mut hint) = self.choose_pivot(start, end);
            if hint == Hint::Decreasing {
                self.reverse(start, end);
                pivot = (end - 1) - (pivot - start);
                hint = Hint::Increasing;
            }
            if balanced && partitioned && hint == Hint::Increasing && self.partial_insertion_sort(start, end) {
                return;
            }
            if start > 0 && !self.less(start - 1, pivot) {
                start = self.partition_equal(start, end, pivot);
                continue;
            }
            let (middle, was_partitioned) = self.partition(start, end, pivot);
            partitioned = was_partitioned;
            let (left, right) = (middle - start, end - middle);
            let balance = length / 8;
            if left < right {
                balanced = left >= balance;
                self.quicksort(start, middle, limit);
                start = middle + 1;
            } else {
                balanced = right >= balance;
                self.quicksort(middle + 1, end, limit);
                end = middle;
            }
        }
    }

    /// Smaller elements to the left of the pivot, others to its right. Tells where the pivot went, and whether nothing moved.
    fn partition(&mut self, start: usize, end: usize, pivot: usize) -> (usize, bool) {
        self.swap(start, pivot);
        let (mut i, mut j) = (start + 1, end - 1);
        while i <= j && self.less(i, start) {
            i += 1;
        }
        while i <= j && !self.less(j, start) {
            j -= 1;
        }
        if i > j {
            self.swap(j, start);
            return (j, true);
        }
        self.swap(i, j);
        i += 1;
        j -= 1;
        loop {
            while i <= j && self.less(i, start) {
                i += 1;
            }
            while i <= j && !self.less(j, start) {
                j -= 1;
            }
            if i > j {
                break;
            }
            self.swap(i, j);
            i += 1;
            j -= 1;
        }
        self.swap(j, start);
        (j, false)
    }

    /// Elements equal to the pivot to the left, greater ones to the right.
    fn partition_equal(&mut self, start: usize, end: usize, pivot: usize) -> usize {
        self.swap(start, pivot);
        let (mut i, mut j) = (start + 1, end - 1);
        loop {
            while i <= j && !self.less(start, i) {
                i += 1;
            }
            while i <= j && self.less(start, j) {
                j -= 1;
            }
            if i > j {
                return i;
            }
            self.swap(i, j);
            i += 1;
            j -= 1;
        }
    }

    /// Sorts a range that is nearly sorted; gives up after five steps, or at once where moving would cost too much.
    fn partial_insertion_sort(&mut self, start: usize, end: usize) -> bool {
        const STEPS: usize = 5;
        const SHORTEST_SHIFT: usize = 50;
        let mut i = start + 1;
        for _ in 0..STEPS {
            while i < end && !self.less(i, i - 1) {
                i += 1;
            }
            if i == end {
                return true;
            }
            if end - start < SHORTEST_SHIFT {
                return false;
            }
            self.swap(i, i - 1);
            if i - start >= 2 {
                for j in (1..i).rev() {
                    if !self.less(j, j - 1) {
                        break;
                    }
                    self.swap(j, j - 1);
                }
            }
            if end - i >= 2 {
                for j in i + 1..end {
                    if !self.less(j, j - 1) {
                        break;
                    }
                    self.swap(j, j - 1);
                }
            }
        }
        false
    }

    /// Swaps three elements around the middle with random ones.
    fn break_patterns(&mut self, start: usize, end: usize) {
        let length = end - start;
        if length < 8 {
            return;
        }
        let mut random = length as u64;
        let mask = (1usize << bit_length(length)) - 1;
        let middle = start + (length / 4) * 2;
        for place in middle - 1..=middle + 1 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let mut other = (random as usize) & mask;
            if other >= length {
                other -= length;
            }
            self.swap(place, start + other);
        }
    }

    fn choose_pivot(&self, start: usize, end: usize) -> (usize, Hint) {
        const SHORTEST_NINTHER: usize = 50;
        const MOST_SWAPS: usize = 4 * 3;
        let length = end - start;
        let mut swaps = 0;
        let quarter = length / 4;
        let (mut i, mut j, mut k) = (start + quarter, start + quarter * 2, start + quarter * 3);
        if length >= 8 {
            if length >= SHORTEST_NINTHER {
                i = self.median(i - 1, i, i + 1, &mut swaps);
                j = self.median(j - 1, j, j + 1, &mut swaps);
                k = self.median(k - 1, k, k + 1, &mut swaps);
            }
            j = self.median(i, j, k, &mut swaps);
        }
        match swaps {
            0 => (j, Hint::Increasing),
            MOST_SWAPS => (j, Hint::Decreasing),
            _ => (j, Hint::Unknown),
        }
    }

    fn median(&self, a: usize, b: usize, c: usize, swaps: &mut usize) -> usize {
        let (a, b) = self.ordered(a, b, swaps);
        let (b, _) = self.ordered(b, c, swaps);
        let (_, b) = self.ordered(a, b, swaps);
        b
    }

    fn ordered(&self, a: usize, b: usize, swaps: &mut usize) -> (usize, usize) {
        if self.less(b, a) {
            *swaps += 1;
            return (b, a);
        }
        (a, b)
    }

    fn reverse(&mut self, start: usize, end: usize) {
        if let Some(range) = self.items.get_mut(start..end) {
            range.reverse();
        }
    }
}

fn bit_length(number: usize) -> u32 {
    usize::BITS - number.leading_zeros()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sorts(mut items in proptest::collection::vec(0u16..500, 0..400)) {
            let mut wanted = items.clone();
            wanted.sort_unstable();
            sort_by_less(&mut items, |a, b| a < b);
            prop_assert_eq!(items, wanted);
        }

        #[test]
        fn loses_nothing_with_a_comparison_that_is_no_order(items in proptest::collection::vec(0u16..50, 0..200)) {
            let mut sorted = items.clone();
            sort_by_less(&mut sorted, |a, b| (a * 7) % 13 < (b * 5) % 11);
            let (mut before, mut after) = (items, sorted);
            before.sort_unstable();
            after.sort_unstable();
            prop_assert_eq!(before, after);
        }
    }
}
