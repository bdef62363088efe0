//! A map that never holds more than it was told to: the oldest entry makes room.

use std::borrow::Borrow;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

pub(crate) struct Bounded<K, V> {
    limit: usize,
    entries: HashMap<K, V>,
    /// Keys in the order of their arrival; keys removed since are skipped when their turn comes.
    order: VecDeque<K>,
}

impl<K: Hash + Eq + Clone, V> Bounded<K, V> {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit: limit.max(1), entries: HashMap::new(), order: VecDeque::new() }
    }

    /// Keeps `value`, forgetting the oldest entries beyond the limit. `key` must be new: identifiers and secrets
    /// are drawn, so one that comes twice means that the older one is lost.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        self.entries.insert(key.clone(), value);
        self.order.push_back(key);
        while self.entries.len() > self.limit {
            let Some(oldest) = self.order.pop_front() else {
                return;
            };
            self.entries.remove(&oldest);
        }
        // Removals leave their keys in `order`; sweep them out before they outnumber the entries.
        if self.order.len() > 2 * self.limit {
            self.order.retain(|key| self.entries.contains_key(key));
        }
    }

    pub(crate) fn find<Q: ?Sized + Hash + Eq>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.entries.get(key)
    }

    pub(crate) fn find_mut<Q: ?Sized + Hash + Eq>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.entries.get_mut(key)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.values()
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.entries.values_mut()
    }

    /// Forgets every entry of which `keep` says no.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&V) -> bool) {
        self.entries.retain(|_, value| keep(value));
    }

    pub(crate) fn remove<Q: ?Sized + Hash + Eq>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.entries.remove(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_makes_room() {
        let mut map = Bounded::new(2);
        for n in 0..5 {
            map.insert(n, n);
        }

        assert_eq!(map.find(&2), None);
        assert_eq!(map.find(&3), Some(&3));
        assert_eq!(map.find(&4), Some(&4));
    }

    #[test]
    fn removed_entries_leave_nothing_behind() {
        let mut map = Bounded::new(4);
        for n in 0..10_000 {
            map.insert(n, ());
            map.remove(&n);
        }

        assert!(map.order.len() <= 9, "{}", map.order.len());
        assert!(map.entries.is_empty());
    }
}
