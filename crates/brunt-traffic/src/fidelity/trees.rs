//! Gradient boosting on trees for two classes: small, exact, and the same on every machine.
//!
//! Friedman, "Greedy function approximation" (2001), with features cut into at most 255 cells and trees grown leaf by leaf as ``LightGBM`` does (Ke
//! et al., 2017). Values are those of the reference implementation: 80 trees of 15 leaves, rate 0.1, penalty 1, 20 rows a leaf.

const TREES: usize = 80;
const LEAVES: usize = 15;
const RATE: f64 = 0.1;
const PENALTY: f64 = 1.0;
const LEAST_ROWS: usize = 20;
const CELLS: usize = 255;
/// A node whose rows are all but decided is not cut.
const LEAST_CURVATURE: f64 = 1e-3;

/// Rows of equally many numbers.
pub(super) type Rows = Vec<Vec<f64>>;

/// A classifier that has been trained.
#[derive(Debug)]
pub(super) struct Boosted {
    base: f64,
    trees: Vec<Vec<Node>>,
    /// How much each feature has taught, in the loss that it saved.
    pub(super) gains: Vec<f64>,
}

#[derive(Clone, Copy, Debug)]
enum Node {
    Leaf(f64),
    /// Left where the feature is at most `cut`.
    Split {
        feature: usize,
        cut: f64,
        left: usize,
        right: usize,
    },
}

#[derive(Clone, Copy, Default)]
struct Sum {
    gradient: f64,
    curvature: f64,
    rows: usize,
}

impl Sum {
    fn add(&mut self, gradient: f64, curvature: f64) {
        self.gradient += gradient;
        self.curvature += curvature;
        self.rows += 1;
    }

    fn plus(self, other: Self) -> Self {
        Self {
            gradient: self.gradient + other.gradient,
            curvature: self.curvature + other.curvature,
            rows: self.rows + other.rows,
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            gradient: self.gradient - other.gradient,
            curvature: self.curvature - other.curvature,
            rows: self.rows - other.rows,
        }
    }

    fn worth(self) -> f64 {
        self.gradient * self.gradient / (self.curvature + PENALTY)
    }

    fn value(self) -> f64 {
        -RATE * self.gradient / (self.curvature + PENALTY)
    }
}

#[derive(Clone, Copy)]
struct Cut {
    feature: usize,
    cell: usize,
    gain: f64,
}

struct Leaf {
    node: usize,
    rows: Vec<u32>,
    best: Option<Cut>,
    sum: Sum,
}

/// Values that end a cell, ascending.
fn edges(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let sorted = values.clone();
    values.dedup();
    if values.len() <= CELLS {
        return values.windows(2).map(|pair| f64::midpoint(pair[0], pair[1])).collect();
    }
    let mut edges: Vec<f64> =
        (1..CELLS).map(|i| super::distance::quantile(&sorted, i as f64 / CELLS as f64)).collect();
    edges.dedup();
    edges
}

impl Boosted {
    /// Learns to tell rows of class `true` from the others.
    pub(super) fn train(rows: &Rows, class: &[bool]) -> Self {
        let features = rows.first().map_or(0, Vec::len);
        let edges: Vec<Vec<f64>> =
            (0..features).map(|f| edges(rows.iter().map(|row| row[f]).collect())).collect();
        let cells: Vec<Vec<u8>> = (0..features)
            .map(|f| {
                let cell = |row: &Vec<f64>| edges[f].partition_point(|edge| *edge < row[f]);
                rows.iter().map(|row| u8::try_from(cell(row)).unwrap_or(u8::MAX)).collect()
            })
            .collect();
        let share = class.iter().filter(|c| **c).count() as f64 / class.len() as f64;
        let base = (share / (1.0 - share)).ln();
        let mut scores = vec![base; rows.len()];
        let mut boosted = Self { base, trees: Vec::with_capacity(TREES), gains: vec![0.0; features] };
        for _ in 0..TREES {
            let slope: Vec<(f64, f64)> = scores
                .iter()
                .zip(class)
                .map(|(score, class)| {
                    let p = 1.0 / (1.0 + (-score).exp());
                    (p - f64::from(u8::from(*class)), p * (1.0 - p))
                })
                .collect();
            let tree = boosted.grow(&cells, &edges, &slope, &mut scores);
            boosted.trees.push(tree);
        }
        boosted
    }

    fn grow(
        &mut self,
        cells: &[Vec<u8>],
        edges: &[Vec<f64>],
        slope: &[(f64, f64)],
        scores: &mut [f64],
    ) -> Vec<Node> {
        let mut tree = vec![Node::Leaf(0.0)];
        let all: Vec<u32> = (0..u32::try_from(scores.len()).unwrap_or(u32::MAX)).collect();
        let mut leaves = vec![leaf(0, all, cells, edges, slope)];
        while leaves.len() < LEAVES {
            let gain = |leaf: &Leaf| leaf.best.map_or(f64::NEG_INFINITY, |cut| cut.gain);
            let Some(at) = (0..leaves.len()).max_by(|a, b| gain(&leaves[*a]).total_cmp(&gain(&leaves[*b])))
            else {
                break;
            };
            let Some(cut) = leaves[at].best else { break };
            let parent = leaves.swap_remove(at);
            self.gains[cut.feature] += cut.gain;
            let (left, right): (Vec<u32>, Vec<u32>) = parent
                .rows
                .iter()
                .partition(|row| usize::from(cells[cut.feature][**row as usize]) <= cut.cell);
            let (l, r) = (tree.len(), tree.len() + 1);
            tree[parent.node] =
                Node::Split { feature: cut.feature, cut: edges[cut.feature][cut.cell], left: l, right: r };
            tree.extend([Node::Leaf(0.0); 2]);
            leaves.push(leaf(l, left, cells, edges, slope));
            leaves.push(leaf(r, right, cells, edges, slope));
        }
        for leaf in leaves {
            let value = leaf.sum.value();
            tree[leaf.node] = Node::Leaf(value);
            for row in leaf.rows {
                scores[row as usize] += value;
            }
        }
        tree
    }

    /// The logarithm of the odds that a row is of class `true`.
    pub(super) fn score(&self, row: &[f64]) -> f64 {
        let mut score = self.base;
        for tree in &self.trees {
            let mut at = 0;
            score += loop {
                match tree[at] {
                    Node::Leaf(value) => break value,
                    Node::Split { feature, cut, left, right } => {
                        at = if row[feature] <= cut { left } else { right };
                    }
                }
            };
        }
        score
    }
}

fn leaf(node: usize, rows: Vec<u32>, cells: &[Vec<u8>], edges: &[Vec<f64>], slope: &[(f64, f64)]) -> Leaf {
    let mut sum = Sum::default();
    for row in &rows {
        let (gradient, curvature) = slope[*row as usize];
        sum.add(gradient, curvature);
    }
    let mut best: Option<Cut> = None;
    if rows.len() >= 2 * LEAST_ROWS && sum.curvature > LEAST_CURVATURE {
        for (feature, column) in cells.iter().enumerate() {
            let mut by_cell = [Sum::default(); CELLS + 1];
            for row in &rows {
                let (gradient, curvature) = slope[*row as usize];
                by_cell[usize::from(column[*row as usize])].add(gradient, curvature);
            }
            let mut left = Sum::default();
            for (cell, here) in by_cell.iter().enumerate().take(edges[feature].len()) {
                left = left.plus(*here);
                if left.rows < LEAST_ROWS || sum.rows - left.rows < LEAST_ROWS {
                    continue;
                }
                let gain = left.worth() + sum.minus(left).worth() - sum.worth();
                if gain > best.map_or(0.0, |cut| cut.gain) {
                    best = Some(Cut { feature, cell, gain });
                }
            }
        }
    }
    Leaf { node, rows, best, sum }
}

#[cfg(test)]
mod tests {
    use super::Boosted;
    use crate::random::Random;

    #[test]
    fn a_rule_of_two_features_is_learnt_and_noise_is_not() {
        let mut random = Random::new(&[1]);
        let rows: Vec<Vec<f64>> =
            (0..4_000).map(|_| vec![random.unit(), random.unit(), random.unit()]).collect();
        let class: Vec<bool> = rows.iter().map(|r| (r[0] > 0.5) != (r[1] > 0.5)).collect();
        let boosted = Boosted::train(&rows[..2_000].to_vec(), &class[..2_000]);
        let right =
            rows[2_000..].iter().zip(&class[2_000..]).filter(|(r, c)| (boosted.score(r) > 0.0) == **c);
        assert!(right.count() > 1_900);
        assert!(boosted.gains[2] * 10.0 < boosted.gains[0]);
    }
}
