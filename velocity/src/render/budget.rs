//! What a rendering has left of its bounds.

use super::Outcome;
use crate::{Bounds, RenderErrorKind};

pub(super) struct Budget<'b> {
    pub(super) bounds: &'b Bounds,
    steps: u64,
    memory: usize,
}

impl<'b> Budget<'b> {
    pub(super) fn new(bounds: &'b Bounds) -> Self {
        Self { bounds, steps: bounds.steps_max, memory: bounds.memory_bytes_max }
    }
    pub(super) fn step(&mut self, steps: u64) -> Outcome<()> {
        self.steps = self.steps.checked_sub(steps).ok_or(RenderErrorKind::TooManySteps)?;
        Ok(())
    }
    pub(super) fn left(&self) -> u64 {
        self.steps
    }
    /// For going through so much text.
    pub(super) fn look_at(&mut self, bytes: usize) -> Outcome<()> {
        self.step(bytes as u64 / 32)
    }
    /// For a multiplication or a division of numbers of so many limbs.
    pub(super) fn calculate(&mut self, one: usize, other: usize) -> Outcome<()> {
        self.step((one * other / 2) as u64)
    }
    pub(super) fn allocate(&mut self, bytes: usize) -> Outcome<()> {
        if bytes > self.bounds.output_bytes_max {
            return Err(RenderErrorKind::OutputTooLong.into());
        }
        self.memory = self.memory.checked_sub(bytes).ok_or(RenderErrorKind::TooMuchMemory)?;
        Ok(())
    }
    /// For so many values in a list or map.
    pub(super) fn allocate_values(&mut self, count: usize) -> Outcome<()> {
        self.step(count as u64)?;
        let bytes = count.saturating_mul(VALUE_BYTES);
        self.memory = self.memory.checked_sub(bytes).ok_or(RenderErrorKind::TooMuchMemory)?;
        Ok(())
    }
}

/// What a value takes in a list or map, with room to grow.
const VALUE_BYTES: usize = 64;
