//! What a printer says about itself: real-time status (DLE EOT n, `dle_eot`) and the status that it
//! sends when it has printed what came before (GS r 1, `gs_lr`).

use domain::receipt::PrintFault;

/// DLE EOT 2: why it is offline; DLE EOT 4: the roll's sensors.
pub(super) const ASK_CAUSE: &[u8] = b"\x10\x04\x02";
pub(super) const ASK_PAPER: &[u8] = b"\x10\x04\x04";
/// GS r 1: the paper sensor, once all before it is printed.
pub(super) const ASK_DONE: &[u8] = b"\x1dr\x01";

/// An answer by its fixed bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// To DLE EOT.
    Now(u8),
    /// To GS r.
    Done,
    /// Of four that a printer sends unasked when its standing changes (ASB), the first.
    Unasked,
    /// Something that was not asked for.
    Other,
}

pub(super) const fn read(byte: u8) -> Answer {
    match byte {
        _ if byte & 0b1001_0011 == 0b0001_0010 => Answer::Now(byte),
        _ if byte & 0b1001_0011 == 0b0001_0000 => Answer::Unasked,
        _ if byte & 0b1001_0000 == 0 => Answer::Done,
        _ => Answer::Other,
    }
}

/// How many bytes follow [`Answer::Unasked`]. Alone, each reads as [`Answer::Done`].
pub(super) const UNASKED_REST: u8 = 3;

/// What the answers to [`ASK_CAUSE`] and [`ASK_PAPER`] complain of.
pub(super) const fn fault(cause: u8, paper: u8) -> Option<PrintFault> {
    if cause & 0x04 != 0 {
        Some(PrintFault::CoverOpen)
    } else if paper & 0x60 != 0 || cause & 0x20 != 0 {
        Some(PrintFault::OutOfPaper)
    } else if cause & 0x40 != 0 {
        Some(PrintFault::NotReady)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_apart_and_read() {
        assert_eq!(read(0x12), Answer::Now(0x12));
        assert_eq!(read(0x7e), Answer::Now(0x7e));
        assert_eq!([read(0x00), read(0x0c)], [Answer::Done, Answer::Done]);
        assert_eq!([read(0x10), read(0x34)], [Answer::Unasked; 2]);
        assert_eq!(read(0x90), Answer::Other);
        assert_eq!(fault(0x12, 0x12), None);
        assert_eq!(fault(0x12, 0x1e), None, "the roll nears its end");
        assert_eq!(fault(0x12, 0x7e), Some(PrintFault::OutOfPaper));
        assert_eq!(fault(0x16, 0x12), Some(PrintFault::CoverOpen));
        assert_eq!(fault(0x52, 0x12), Some(PrintFault::NotReady));
    }
}
