"""TensorFlow set up so that a job repeats bit for bit."""

import keras
import tensorflow as tf


def configure(threads: int, seed: int) -> None:
    """Fix threads, seeds and the choice of operations, and forget earlier models' layer names.

    The number of threads is part of the result: sums are split by it. TensorFlow fixes it when it
    first computes, so this comes first in a process.

    Raises
    ------
    RuntimeError
        If TensorFlow has already started with another number of threads.
    """
    threading = tf.config.threading
    if threading.get_intra_op_parallelism_threads() != threads:
        threading.set_intra_op_parallelism_threads(threads)
        threading.set_inter_op_parallelism_threads(threads)
    for device in tf.config.list_physical_devices("GPU"):
        # Without it TensorFlow takes all memory of a GPU that others may share.
        tf.config.experimental.set_memory_growth(device, True)
    tf.config.experimental.enable_op_determinism()
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
