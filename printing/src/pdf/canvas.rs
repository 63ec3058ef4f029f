//! Pages to draw on: text in the embedded font, and dark bars.

use krilla::{
    Document,
    color::rgb,
    geom::{PathBuilder, Point, Rect},
    metadata::Metadata,
    num::NormalizedF32,
    page::PageSettings,
    paint::{Fill, FillRule},
    text::{Font, GlyphId, KrillaGlyph},
};
use rustybuzz::{Face, UnicodeBuffer};

use super::PdfError;

/// DejaVu Sans Condensed 2.37 (see `assets/DejaVu-LICENSE.txt`): narrow, with figures of one width,
/// and letters of most scripts that are written from single signs.
const REGULAR: &[u8] = include_bytes!("../../assets/DejaVuSansCondensed.ttf");
const BOLD: &[u8] = include_bytes!("../../assets/DejaVuSansCondensed-Bold.ttf");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

struct Typeface {
    font: Font,
    face: Face<'static>,
    units_per_em: f32,
}

impl Typeface {
    fn load(bytes: &'static [u8]) -> Result<Self, PdfError> {
        let font = Font::new(bytes.to_vec().into(), 0).ok_or(PdfError::Font)?;
        let face = Face::from_slice(bytes, 0).ok_or(PdfError::Font)?;
        let units_per_em = font.units_per_em();
        Ok(Self {
            font,
            face,
            units_per_em,
        })
    }
}

/// A text as glyphs.
pub(super) struct Run {
    text: String,
    glyphs: Vec<KrillaGlyph>,
    font: Font,
    /// For letters one point high.
    pub(super) width: f32,
}

/// What is drawn is kept until the page is full, because a page knows its number only then.
enum Mark {
    Text(f32, f32, Run, f32),
    Bar(Rect),
}

pub(super) struct Canvas {
    size: (f32, f32),
    margin: f32,
    regular: Typeface,
    bold: Typeface,
    title: String,
    pages: Vec<Vec<Mark>>,
    y: f32,
}

impl Canvas {
    pub(super) fn new(size: (f32, f32), margin: f32, title: &str) -> Result<Self, PdfError> {
        Ok(Self {
            size,
            margin,
            regular: Typeface::load(REGULAR)?,
            bold: Typeface::load(BOLD)?,
            title: title.to_owned(),
            pages: vec![Vec::new()],
            y: margin,
        })
    }

    /// Takes that much height, on the next page if this one is full. Returns where it begins.
    pub(super) fn take(&mut self, height: f32) -> Result<f32, PdfError> {
        let bottom = self.size.1 - self.margin;
        // A hair's breadth is the sum of many roundings.
        if self.y + height > bottom + 0.5 && self.y > self.margin {
            self.pages.push(Vec::new());
            self.y = self.margin;
        }
        let top = self.y;
        self.y += height;
        Ok(top)
    }

    #[cfg(test)]
    pub(super) fn pages(&self) -> usize {
        self.pages.len()
    }

    fn put(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }

    pub(super) fn bar(&mut self, x: f32, y: f32, width: f32, height: f32) {
        if let Some(rect) = Rect::from_xywh(x, y, width, height) {
            self.put(Mark::Bar(rect));
        }
    }

    pub(super) fn text(&mut self, x: f32, baseline: f32, run: &Run, size: f32) {
        if !run.glyphs.is_empty() {
            let run = Run {
                text: run.text.clone(),
                glyphs: run.glyphs.clone(),
                font: run.font.clone(),
                width: run.width,
            };
            self.put(Mark::Text(x, baseline, run, size));
        }
    }

    pub(super) fn shape(&self, text: &str, weight: Weight) -> Run {
        let typeface = match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        };
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        let shaped = rustybuzz::shape(&typeface.face, &[], buffer);
        let starts: Vec<usize> = shaped
            .glyph_infos()
            .iter()
            .map(|info| usize::try_from(info.cluster).unwrap_or(0))
            .collect();
        let mut sorted = starts.clone();
        sorted.sort_unstable();
        sorted.dedup();
        let unit =
            |value: i32| f32::from(i16::try_from(value).unwrap_or(0)) / typeface.units_per_em;
        let glyphs: Vec<KrillaGlyph> = shaped
            .glyph_infos()
            .iter()
            .zip(shaped.glyph_positions())
            .zip(starts)
            .map(|((info, position), start)| {
                // The text of a glyph reaches to where the next one's begins, in either direction.
                let end = sorted.iter().find(|next| **next > start);
                KrillaGlyph::new(
                    GlyphId::new(info.glyph_id),
                    unit(position.x_advance),
                    unit(position.x_offset),
                    unit(position.y_offset),
                    unit(position.y_advance),
                    start..end.copied().unwrap_or(text.len()),
                    None,
                )
            })
            .collect();
        let width = shaped
            .glyph_positions()
            .iter()
            .map(|position| unit(position.x_advance))
            .sum();
        Run {
            text: text.to_owned(),
            glyphs,
            font: typeface.font.clone(),
            width,
        }
    }

    pub(super) fn finish(mut self) -> Result<Vec<u8>, PdfError> {
        self.number_pages();
        let mut document = Document::new();
        document.set_metadata(
            Metadata::new()
                .title(self.title.clone())
                .creator("TechStore POS".into()),
        );
        for marks in &self.pages {
            let settings = PageSettings::from_wh(self.size.0, self.size.1).ok_or(PdfError::Page)?;
            let mut page = document.start_page_with(settings);
            let mut surface = page.surface();
            surface.set_fill(Some(Fill {
                paint: rgb::Color::black().into(),
                opacity: NormalizedF32::ONE,
                rule: FillRule::NonZero,
            }));
            let mut bars = PathBuilder::new();
            for mark in marks {
                match mark {
                    Mark::Bar(rect) => bars.push_rect(*rect),
                    Mark::Text(x, y, run, size) => surface.draw_glyphs(
                        Point::from_xy(*x, *y),
                        &run.glyphs,
                        run.font.clone(),
                        &run.text,
                        *size,
                        false,
                    ),
                }
            }
            if let Some(path) = bars.finish() {
                surface.draw_path(&path);
            }
            surface.finish();
            page.finish();
        }
        document
            .finish()
            .map_err(|error| PdfError::Write(format!("{error:?}")))
    }

    fn number_pages(&mut self) {
        const SIZE: f32 = 8.0;
        let all = self.pages.len();
        if all < 2 {
            return;
        }
        let (width, height) = self.size;
        for n in 1..=all {
            let run = self.shape(&format!("{n} / {all}"), Weight::Regular);
            let x = width - self.margin - run.width * SIZE;
            let y = height - self.margin / 2.0;
            self.pages[n - 1].push(Mark::Text(x, y, run, SIZE));
        }
    }
}
