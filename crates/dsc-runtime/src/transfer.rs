//! What crosses between the host and the device of a run.
//!
//! A GPU computes behind the host, which only queues operations. Two things make the host wait: a copy from memory that can be swapped out,
//! and a value that is read. So copies to a GPU go through pinned memory and are queued as any operation, and values are read in few
//! places: the losses of a step together, once its backward pass is queued.

use std::cell::Cell;

use tch::{Device, Tensor};

use super::fault::Fault;

thread_local! {
    static WAITS: Cell<u64> = const { Cell::new(0) };
}

/// How often this thread has read values of tensors so far. Each is a wait for the device, if that is a GPU.
pub fn waits() -> u64 {
    WAITS.get()
}

/// A tensor of the host on `device`, without waiting for it. On the CPU it is the same tensor.
pub(crate) fn upload(tensor: &Tensor, device: Device) -> Result<Tensor, Fault> {
    match device {
        Device::Cpu => Ok(tensor.shallow_clone()),
        _ => Ok(tensor.f_pin_memory(device)?.f_to_device_(device, tensor.kind(), true, false)?),
    }
}

/// A tensor on the host; waits for its device.
pub(crate) fn download(tensor: &Tensor) -> Result<Tensor, Fault> {
    WAITS.set(WAITS.get() + 1);
    Ok(tensor.f_detach()?.f_to_device(Device::Cpu)?)
}
