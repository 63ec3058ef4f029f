//! The category tree, one level at a time.

use domain::{catalog::Category, id::CategoryId};
use yew::{Callback, Html, Properties, component, html};

use super::icon::{Icon, Shape};
use crate::hook::use_words;

/// The categories right below one, in the shop's order.
#[must_use]
pub fn children_of(all: &[Category], parent: Option<CategoryId>) -> Vec<Category> {
    let mut children: Vec<Category> = all
        .iter()
        .filter(|category| category.parent_id == parent)
        .cloned()
        .collect();
    children.sort_by(|a, b| (a.position, &a.name).cmp(&(b.position, &b.name)));
    children
}

/// The way from the top to a category, itself included.
#[must_use]
pub fn path_to(all: &[Category], category_id: Option<CategoryId>) -> Vec<Category> {
    let mut path: Vec<Category> = Vec::new();
    let mut next = category_id;
    while let Some(id) = next {
        // A tree that bites its tail ends where it would begin again.
        if path.iter().any(|seen| seen.category_id == id) {
            break;
        }
        let Some(category) = all.iter().find(|category| category.category_id == id) else {
            break;
        };
        next = category.parent_id;
        path.push(category.clone());
    }
    path.reverse();
    path
}

/// A drawing for a category by the words of its name; a tag for what we have no drawing of.
fn shape_of(name: &str) -> Shape {
    const KNOWN: &[(&str, Shape)] = &[
        ("phone", Shape::Smartphone),
        ("móvil", Shape::Smartphone),
        ("cover", Shape::Shield),
        ("case", Shape::Shield),
        ("charger", Shape::Cable),
        ("cable", Shape::Cable),
        ("audio", Shape::Headphones),
        ("part", Shape::Cpu),
        ("computer", Shape::Laptop),
        ("storage", Shape::HardDrive),
        ("network", Shape::Wifi),
        ("printer", Shape::Printer),
        ("camera", Shape::Camera),
        ("tv", Shape::Tv),
        ("car ", Shape::Car),
        ("tablet", Shape::Tablet),
        ("game", Shape::Gamepad2),
    ];
    let name = name.to_lowercase();
    KNOWN
        .iter()
        .find(|(word, _)| name.contains(word))
        .map_or(Shape::Tag, |(_, shape)| *shape)
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct TilesProps {
    pub categories: Vec<Category>,
    pub on_open: Callback<CategoryId>,
}

/// Large tiles for the top of the tree.
#[component]
pub fn CategoryTiles(props: &TilesProps) -> Html {
    let words = use_words();
    html! {
        <nav
            class="grid grid-cols-2 gap-3 p-1 md:grid-cols-3 2xl:grid-cols-4"
            aria-label={words.sell.categories}
        >
            { for props.categories.iter().map(|category| {
                let id = category.category_id;
                html! {
                    <button
                        type="button"
                        key={id.to_string()}
                        class="card-surface group flex min-h-24 flex-col items-start justify-between gap-3 p-4 text-left transition-colors hover:border-primary/60"
                        data-test={format!("category-{}", category.name)}
                        onclick={props.on_open.reform(move |_| id)}
                    >
                        <Icon shape={shape_of(&category.name)} class="size-6 text-primary" />
                        <span class="text-sm font-medium leading-tight">{ &category.name }</span>
                    </button>
                }
            }) }
        </nav>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct TrailProps {
    pub path: Vec<Category>,
    pub children_here: Vec<Category>,
    pub on_open: Callback<Option<CategoryId>>,
}

/// Where one is in the tree, and the way down and back.
#[component]
pub fn CategoryTrail(props: &TrailProps) -> Html {
    let words = use_words();
    let last = props.path.len().saturating_sub(1);
    html! {
        <nav class="flex flex-col gap-2" aria-label={words.sell.categories}>
            <div class="flex flex-wrap items-center gap-1 text-sm">
                <button
                    type="button"
                    class="btn btn-ghost btn-sm min-h-11"
                    data-test="category-all"
                    onclick={props.on_open.reform(|_| None)}
                >
                    <Icon shape={Shape::Grid2x2} class="size-4" />
                    { words.sell.all_categories }
                </button>
                { for props.path.iter().enumerate().map(|(place, category)| {
                    let id = category.category_id;
                    html! {
                        <>
                            <Icon shape={Shape::ChevronRight} class="size-4 opacity-50" />
                            <button
                                type="button"
                                class="btn btn-ghost btn-sm min-h-11"
                                aria-current={(place == last).then_some("true")}
                                onclick={props.on_open.reform(move |_| Some(id))}
                            >
                                { &category.name }
                            </button>
                        </>
                    }
                }) }
            </div>
            if !props.children_here.is_empty() {
                <div class="flex flex-wrap gap-2">
                    { for props.children_here.iter().map(|category| {
                        let id = category.category_id;
                        html! {
                            <button
                                type="button"
                                class="btn btn-secondary btn-sm min-h-11 rounded-full px-4 font-normal"
                                data-test={format!("category-{}", category.name)}
                                onclick={props.on_open.reform(move |_| Some(id))}
                            >
                                { &category.name }
                            </button>
                        }
                    }) }
                </div>
            }
        </nav>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::uuid_v7;

    fn category(n: u8, parent: Option<u8>, position: i32) -> Category {
        let id = |n: u8| CategoryId(uuid_v7(1, [n; 10]));
        Category {
            category_id: id(n),
            parent_id: parent.map(id),
            name: format!("c{n}"),
            position,
        }
    }

    #[test]
    fn a_level_stands_in_the_shop_s_order() {
        let all = [
            category(1, None, 2),
            category(2, None, 1),
            category(3, Some(1), 0),
        ];
        let names: Vec<String> = children_of(&all, None)
            .into_iter()
            .map(|c| c.name)
            .collect();
        assert_eq!(names, ["c2", "c1"]);
        assert_eq!(path_to(&all, Some(all[2].category_id)).len(), 2);
    }

    #[test]
    fn a_tree_that_bites_its_tail_does_not_hang() {
        let all = [category(1, Some(2), 0), category(2, Some(1), 0)];
        assert_eq!(path_to(&all, Some(all[0].category_id)).len(), 2);
    }
}
