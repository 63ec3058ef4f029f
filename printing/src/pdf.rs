//! A paper as PDF: the same lines at the same places as on the roll, in a font of its own that is
//! embedded with the letters that are used.

mod canvas;

use domain::receipt::{Align, Cell, Element, Emphasis, Form, code};

use self::canvas::{Canvas, Weight};
use crate::escpos::logo_dots;

/// Points of a millimetre.
const MM: f32 = 72.0 / 25.4;
/// A4.
const SHEET: (f32, f32) = (210.0 * MM, 297.0 * MM);
const SHEET_MARGIN: f32 = 18.0 * MM;
/// The narrow roll and the wide one, and the edge that no printer reaches.
const ROLLS: [f32; 2] = [58.0 * MM, 80.0 * MM];
const ROLL_MARGIN: f32 = 4.0 * MM;
/// Height of letters in widths of a cell: a proportional font is narrower than it is on the roll.
const SIZE_CELLS: f32 = 1.72;
/// From line to line, in heights of letters.
const LEADING: f32 = 1.36;
const TALL: f32 = 1.5;
const QUIET: f32 = 0.92;
const QR_MM: f32 = 22.0;
const BARCODE_MM: (f32, f32) = (46.0, 10.0);
const LOGO_MM: f32 = 14.0;
const GAP_CELLS: f32 = 1.4;

/// Why no PDF came of it.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    #[error("the embedded font cannot be read")]
    Font,
    #[error("the page has no size")]
    Page,
    #[error("the file cannot be put together: {0}")]
    Write(String),
}

/// The file, with a title for its window.
pub fn render(elements: &[Element], form: Form, title: &str) -> Result<Vec<u8>, PdfError> {
    drawn(elements, form, title)?.finish()
}

fn drawn(elements: &[Element], form: Form, title: &str) -> Result<Canvas, PdfError> {
    let (size, margin) = match form {
        Form::Sheet => (SHEET, SHEET_MARGIN),
        Form::Roll(columns) => {
            let width = ROLLS[usize::from(columns > domain::receipt::ROLL_COLUMNS[0])];
            ((width, height_of_roll(elements, form, width)), ROLL_MARGIN)
        }
    };
    let mut canvas = Canvas::new(size, margin, title)?;
    let pen = Pen::new(form, size.0, margin);
    for element in elements {
        pen.draw(&mut canvas, element)?;
    }
    Ok(canvas)
}

fn height_of_roll(elements: &[Element], form: Form, width: f32) -> f32 {
    let pen = Pen::new(form, width, ROLL_MARGIN);
    let content: f32 = elements.iter().map(|element| pen.height(element)).sum();
    content + 2.0 * ROLL_MARGIN
}

/// Measures of a form.
struct Pen {
    left: f32,
    width: f32,
    /// Width of a cell.
    cell: f32,
}

impl Pen {
    fn new(form: Form, width: f32, margin: f32) -> Self {
        let width = width - 2.0 * margin;
        Self {
            left: margin,
            width,
            cell: width / f32::from(form.columns()),
        }
    }

    fn size(&self, emphasis: Emphasis) -> f32 {
        let size = self.cell * SIZE_CELLS;
        match emphasis {
            Emphasis::Quiet => size * QUIET,
            Emphasis::Normal | Emphasis::Strong => size,
            Emphasis::Tall => size * TALL,
        }
    }

    fn height(&self, element: &Element) -> f32 {
        let gap = self.cell * GAP_CELLS;
        match element {
            Element::Line { emphasis, .. } => self.size(*emphasis) * LEADING,
            Element::Rule | Element::Gap => gap,
            Element::Logo => LOGO_MM * MM + gap,
            Element::Qr(_) => QR_MM * MM + gap,
            Element::Barcode(_) => BARCODE_MM.1 * MM + gap,
            Element::Drawer | Element::Cut => 0.0,
        }
    }

    fn draw(&self, canvas: &mut Canvas, element: &Element) -> Result<(), PdfError> {
        let top = canvas.take(self.height(element))?;
        match element {
            Element::Line { cells, emphasis } => self.line(canvas, top, cells, *emphasis),
            Element::Rule => {
                let thin = self.cell * 0.12;
                let y = top + self.cell * GAP_CELLS / 2.0;
                canvas.bar(self.left, y, self.width, thin);
            }
            Element::Logo => {
                let dots = logo_dots();
                self.dots(canvas, top, &dots, LOGO_MM * MM);
            }
            Element::Qr(text) => {
                if let Some(modules) = code::qr(text) {
                    self.dots(canvas, top, &modules, QR_MM * MM);
                }
            }
            Element::Barcode(text) => self.barcode(canvas, top, text),
            Element::Gap | Element::Drawer | Element::Cut => {}
        }
        Ok(())
    }

    fn line(&self, canvas: &mut Canvas, top: f32, cells: &[Cell], emphasis: Emphasis) {
        let size = self.size(emphasis);
        let weight = match emphasis {
            Emphasis::Quiet | Emphasis::Normal => Weight::Regular,
            Emphasis::Strong | Emphasis::Tall => Weight::Bold,
        };
        let mut x = self.left;
        for cell in cells {
            let room = self.cell * f32::from(cell.width);
            let run = canvas.shape(&cell.text, weight);
            // Letters wider than the roll's own (a row of W) shrink rather than run over.
            let size = size.min(room / run.width.max(f32::EPSILON));
            let rest = room - run.width * size;
            let indent = match cell.align {
                Align::Left => 0.0,
                Align::Center => rest / 2.0,
                Align::Right => rest,
            };
            canvas.text(x + indent, top + self.size(emphasis), &run, size);
            x += room;
        }
    }

    /// Square dots in the middle, so high altogether.
    fn dots(&self, canvas: &mut Canvas, top: f32, rows: &[Vec<bool>], height: f32) {
        let widest = rows.iter().map(Vec::len).max().unwrap_or(0);
        let side = height / count(rows.len().max(1));
        let left = self.left + (self.width - side * count(widest)) / 2.0;
        for (y, row) in rows.iter().enumerate() {
            for (start, length) in runs(row) {
                let x = left + side * count(start);
                canvas.bar(x, top + side * count(y), side * count(length), side);
            }
        }
    }

    fn barcode(&self, canvas: &mut Canvas, top: f32, text: &str) {
        let Some(modules) = code::barcode(text) else {
            return;
        };
        let width = (BARCODE_MM.0 * MM).min(self.width);
        let module = width / count(modules.len());
        let left = self.left + (self.width - width) / 2.0;
        for (start, length) in runs(&modules) {
            let x = left + module * count(start);
            canvas.bar(x, top, module * count(length), BARCODE_MM.1 * MM);
        }
    }
}

/// Where dark modules begin, and how many follow.
fn runs(modules: &[bool]) -> Vec<(usize, usize)> {
    let mut at = 0;
    let mut runs = Vec::new();
    for run in modules.chunk_by(|a, b| a == b) {
        if run[0] {
            runs.push((at, run.len()));
        }
        at += run.len();
    }
    runs
}

/// Counts of modules are small.
fn count(n: usize) -> f32 {
    f32::from(u16::try_from(n).unwrap_or(u16::MAX))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn runs_are_the_dark_stretches() {
        assert_eq!(runs(&[false, true, true, false, true]), [(1, 2), (4, 1)]);
        assert_eq!(runs(&[]), []);
    }

    #[test]
    fn a_long_sheet_takes_several_pages() {
        let line = Element::Line {
            cells: vec![Cell {
                text: "Łódź Ωμέγα Привет שלום مرحبا".into(),
                width: 96,
                align: Align::Left,
                mark: None,
            }],
            emphasis: Emphasis::Normal,
        };
        let canvas = drawn(&vec![line; 200], Form::Sheet, "200").unwrap();
        assert_eq!(canvas.pages(), 4);
        assert!(canvas.finish().unwrap().starts_with(b"%PDF-"));
    }
}
