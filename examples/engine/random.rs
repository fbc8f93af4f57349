//! Random numbers and digests that are the same on every run and every machine.

/// A small generator (SplitMix64): a counter that is scrambled on the way out.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        scramble(self.0)
    }

    /// A number in `0..end`; `end` must not be zero.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// A number in `0.0..1.0`.
    pub fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 * (1.0 / (1u64 << 24) as f32)
    }

    /// A number in `-1.0..1.0`.
    pub fn signed(&mut self) -> f32 {
        self.unit() * 2.0 - 1.0
    }
}

fn scramble(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

/// A digest of everything mixed into it, in order: the runs to be compared must end with the same one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest(u64);

impl Digest {
    pub fn mix(&mut self, value: u64) {
        self.0 = scramble(self.0.rotate_left(5) ^ value).wrapping_add(0x9E37_79B9_7F4A_7C15);
    }

    pub fn mix_f32(&mut self, value: f32) {
        self.mix(u64::from(value.to_bits()));
    }

    pub fn mix_vec3(&mut self, value: crate::math::Vec3) {
        self.mix(u64::from(value.x.to_bits()) << 32 | u64::from(value.y.to_bits()));
        self.mix_f32(value.z);
    }

    pub fn value(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_in_their_ranges() {
        let mut random = Random::new(1);
        for _ in 0..1000 {
            assert!((0.0..1.0).contains(&random.unit()));
            assert!((-1.0..1.0).contains(&random.signed()));
            assert!(random.below(3) < 3);
        }
    }

    #[test]
    fn digests_depend_on_order_and_sign() {
        let of = |values: &[f32]| {
            let mut digest = Digest::default();
            values.iter().for_each(|&value| digest.mix_f32(value));
            digest
        };
        assert_eq!(of(&[1.0, 2.0]), of(&[1.0, 2.0]));
        assert_ne!(of(&[1.0, 2.0]), of(&[2.0, 1.0]));
        assert_ne!(of(&[0.0]), of(&[-0.0]));
    }
}
