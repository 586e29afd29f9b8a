"""The controlling terminal of a new process."""

import fcntl
import signal
import termios


def own_terminal() -> None:
    """Make standard input the controlling terminal of this process, which is the first one of its session."""
    # Under `nohup` the tests ignore a hang-up, and what they start would inherit that.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
