# %% [markdown]
# ---
# title: Sentiment
# description: A many-to-one LSTM in NumPy reads sentences of film reviews and
#   gives them one to five stars, held against naive Bayes.
# ---
#
# # Sentiment: can an LSTM tell how many stars a sentence gives?
#
# !!! abstract "In this page"
#     **You will** train an LSTM that reads a sentence and predicts once, and
#     look at its gates word by word. **You will learn** how sentences of
#     different length share a batch, and what to hold such a network against.
#     **You need** the [LSTM](../lstm.md), [many to
#     one](../sequence-types.md#many-to-one) and
#     [embeddings](../text.md#embedding).
#
# Can an LSTM tell how many stars a sentence gives? Better than always saying
# *five*, and not better than counting words. On sentences that it never saw it is
# right for 54.5 %, from 52.9 % to 56.1 % over ten seeds; always saying *five* is right
# for 34.6 %. Naive Bayes, which knows nothing of order, is right for 56.8 %, and is
# ahead for every seed. Both are at most one star off for three sentences in four.
# And the LSTM hardly uses what naive Bayes does not have: shuffle the words of
# each sentence, and it loses 0.8 points on average, at most 1.7.
# <!-- check: 54.5 % == results("sentiment")["scores"]["lstm"]["exact"]["mean"] -->
# <!-- check: 52.9 % == results("sentiment")["scores"]["lstm"]["exact"]["lowest"] -->
# <!-- check: 56.1 % == results("sentiment")["scores"]["lstm"]["exact"]["highest"] -->
# <!-- check: 56.8 % == results("sentiment")["scores"]["bayes"]["exact"]["mean"] -->
# <!-- check: 34.6 % == results("sentiment")["tested"][4] / sum(results("sentiment")["tested"]) -->
# <!-- check: 0.8 == 100 * results("sentiment")["lost_by_shuffling"]["mean"] -->
# <!-- check: 1.7 == 100 * results("sentiment")["lost_by_shuffling"]["highest"] -->
#
# ## The sentences
#
# Each of them is from a review of a film, and was rated from -4 to 4 by at
# least twenty people
# ([Hutto and Gilbert, 2014](../references.md#hutto-2014)). Nobody gave stars.
# We cut the mean rating into five bins, at the four values `CUTS`, and call the
# bins stars.

# %%
import re
from collections import Counter
from functools import cache, partial

import matplotlib.pyplot as plt
import numpy as np

from snippets.clipping import clip_by_global_norm
from snippets.lstm import (
    LSTMParams,
    LSTMState,
    init_lstm,
    lstm_backward,
    lstm_forward,
)
from snippets.optimizers import adam, init_adam
from snippets.readout import (
    ReadoutParams,
    cross_entropy,
    init_readout,
    readout_backward,
    readout_forward,
    softmax,
)
from snippets.sequence_types import (
    Layer,
    many_to_one_backward,
    many_to_one_forward,
)
from snippets.text import embed, embed_backward, one_hot
from snippets.training import keep_best, train
from tools.data import Package, read_package, unpack
from tools.results import load_results

CUTS = [-1.5, -0.5, 0.5, 1.5]
QUOTED = "It's tough to watch, but it's a fantastic movie."
TURNED = "It's a fantastic movie, but it's tough to watch."  # by us


def stars(rating):
    """Turn a mean rating into one to five stars."""
    return 1 + int(np.searchsorted(CUTS, rating))


def words(text):
    """Cut a sentence into words and marks, in lower case."""
    return re.findall(r"[a-z0-9]+(?:'[a-z]+)*|[.,;:!?]", text.lower())


def parse(table):
    """Read lines of number, mean rating and text; what comes twice, once."""
    rows = (line.split("\t") for line in table.splitlines())
    found = {tuple(words(text)): float(rating) for _, rating, text in rows}
    return [(text, stars(rating)) for text, rating in found.items()]


print(*words(QUOTED))

# %% [markdown]
# The sentences come out of the source distribution of the Python package
# `vaderSentiment` 3.3.2 by C. J. Hutto (MIT licence), which has them from the site Rotten
# Tomatoes. Critics wrote them, so they are not ours to pass on: they are read from the
# package, and this page quotes one.

# %%
PACKAGE = Package(
    "vaderSentiment",
    "3.3.2",
    "vaderSentiment-3.3.2.tar.gz",
    "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
)


@cache
def read_reviews():
    """Read words and stars of each sentence out of the package."""
    inner = read_package(PACKAGE, "*/hutto_ICWSM_2014.tar.gz")
    table = "*/movieReviewSnippets_GroundTruth.txt"
    (data,) = unpack(*inner.values(), table).values()
    return parse(data.decode())


def count_stars(reviews):
    """Count the sentences of 1, 2, 3, 4 and 5 stars."""
    return np.bincount([n - 1 for _, n in reviews], minlength=5)


reviews = read_reviews()
print(f"{len(reviews):,} sentences")
print("with 1 to 5 stars:", *count_stars(reviews))
print("the one quoted has", dict(reviews)[tuple(words(QUOTED))])


# %% [markdown]
# Most take sides. A fifth is the test, the same one for every seed. A tenth is
# for validation: it says when to stop. The rest is for learning. A word
# that comes only once there is number 0, "some word", and so is any word that
# never comes.


# %%
def split(reviews, seed):
    """Cut into training, validation and test."""
    order = np.random.default_rng(2014).permutation(len(reviews))
    tenth = len(reviews) // 10
    test, rest = order[: 2 * tenth], order[2 * tenth :]
    rest = np.random.default_rng(seed).permutation(rest)
    parts = rest[tenth:], rest[:tenth], test
    return [[reviews[i] for i in part] for part in parts]


def find_vocabulary(reviews):
    """Give each word that comes twice or more a number, from 1."""
    counts = Counter(word for text, _ in reviews for word in text)
    known = sorted(word for word, count in counts.items() if count > 1)
    return {word: number for number, word in enumerate(known, start=1)}


def number(text, vocabulary):
    """Turn words into their numbers."""
    return [vocabulary.get(word, 0) for word in text]


# %% [markdown]
# ## The model
#
# Each word is looked up in an embedding, and the LSTM reads one embedding after
# the other. The prediction is made once, from each sentence's last activation
# ([many to one](../sequence-types.md#many-to-one)):
#
# $$
# \hat y = \mathrm{softmax}\left( W_{ya} a^{\langle T \rangle} + b_y \right)
# $$
#
# Sentences of a batch stand side by side as columns, and each has its own $T$.
# What stands below the end of a short one is never looked at: the readout takes
# each activation from where its own sentence ends. Batches are made of
# sentences of like length, so that little is computed in vain.


# %%
def batch(texts, vocabulary):
    """Lay sentences side by side as columns (T, m), with their lengths."""
    lengths = [len(text) for text in texts]
    tokens = np.zeros((max(lengths), len(texts)), int)
    for i, text in enumerate(texts):
        tokens[: len(text), i] = number(text, vocabulary)
    return tokens, lengths


def layers(params):
    """Tell embedding, cell and readout apart."""
    cell = Layer(LSTMParams(*params[1:9]), lstm_forward, lstm_backward)
    readout = ReadoutParams(*params[9:])
    return params[0], cell, Layer(readout, readout_forward, readout_backward)


def blank(params, m):
    """Return the state of a cell that has read nothing."""
    nothing = np.zeros((len(params[2]), m), params[2].dtype)
    return LSTMState(nothing, nothing)


def forward(params, tokens, lengths):
    """Read, then predict the stars of each column."""
    (E, cell, readout), start = layers(params), blank(params, len(lengths))
    e = embed(E, tokens)
    return many_to_one_forward(cell, readout, e, start, lengths)


def model(params, batch, _):
    """Forward, loss, backward."""
    (E, cell, readout), (tokens, lengths, y) = layers(params), batch
    z, tape = forward(params, tokens, lengths)
    loss, dz = cross_entropy(z, y)
    gradients, de, _ = many_to_one_backward(cell, readout, tape, dz)
    dE = embed_backward(E, tokens, de)
    return loss, [dE, *gradients[0], *gradients[1]], None


def targets(reviews):
    """Return one-hot columns (1, 5, sentences)."""
    codes = np.array([[n - 1 for _, n in reviews]])
    return one_hot(codes, 5, dtype=np.float32)


def predict(params, reviews, vocabulary):
    """Return logits (1, 5, sentences)."""
    order = np.argsort([len(text) for text, _ in reviews], kind="stable")
    z = np.zeros((1, 5, len(reviews)), params[0].dtype)
    for part in np.array_split(order, len(reviews) // 256 + 1):
        texts = [reviews[i][0] for i in part]
        z[:, :, part], _ = forward(params, *batch(texts, vocabulary))
    return z


# %% [markdown]
# Seven thousand sentences are few for a network with more than thirty times as many
# weights: it soon learns what holds for them alone. Two things help. Half of the
# words are replaced by number 0 while it learns, other ones each time. And the
# weights that are kept are those of the pass that did best on the validation
# sentences.


# %%
def batches(reviews, vocabulary, rng, *, m, dropped):
    """Yield batches of like length, in random order, with words dropped."""
    length = np.array([len(text) for text, _ in reviews])
    order = rng.permutation(len(reviews))
    order = order[np.argsort(length[order] // 4, kind="stable")]
    cut = np.array_split(order, len(reviews) // m + 1)
    for i in rng.permutation(len(cut)):
        part = [reviews[k] for k in cut[i]]
        tokens, lengths = batch([text for text, _ in part], vocabulary)
        tokens = np.where(rng.random(tokens.shape) < dropped, 0, tokens)
        yield tokens, lengths, targets(part)


def score(z, reviews):
    """Return the share that is exact, and the share at most one star off."""
    off = abs(1 + z[0].argmax(axis=0) - [n for _, n in reviews])
    exact, near = (off == 0).mean(), (off < 2).mean()
    return {"exact": round(float(exact), 4), "near": round(float(near), 4)}


def learn(parts, vocabulary, rng, *, n_e, n_a, m, dropped, passes, rate):
    """Return the weights that did best in validation, and the curve."""
    seen, held_out, _ = parts
    E = rng.normal(0, 0.1, (n_e, len(vocabulary) + 1)).astype(np.float32)
    cell = init_lstm(rng, n_e, n_a, dtype=np.float32)
    params = [E, *cell, *init_readout(rng, n_a, 5, dtype=np.float32)]
    memory, best, curve = init_adam(params), None, []
    for _ in range(passes):
        losses = []
        params, memory, _ = train(
            model,
            params,
            batches(seen, vocabulary, rng, m=m, dropped=dropped),
            partial(adam, learning_rate=rate),
            memory=memory,
            clip=partial(clip_by_global_norm, threshold=1.0),
            report=lambda progress, losses=losses: losses.append(
                progress.loss
            ),
        )
        z = predict(params, held_out, vocabulary)
        exact = score(z, held_out)["exact"]
        best = keep_best(best, params, 1 - exact)
        nats, _ = cross_entropy(z, targets(held_out))
        point = {"training": np.mean(losses), "held_out": nats}
        curve.append(
            {key: round(float(loss), 4) for key, loss in point.items()}
        )
    return best.params, curve


# %% [markdown]
# ## The baseline
#
# Naive Bayes counts how often each word stands in sentences of each number of
# stars, and takes words to be independent of each other: it adds up logarithms,
# and knows nothing of order. What is added to each count, so that none is zero,
# is chosen among four values by the validation sentences. On short snippets it was
# found to do better than support vector machines ([Wang and Manning,
# 2012](../references.md#wang-2012)).


# %%
ADDED = [0.1, 0.3, 1, 3]


def bayes(seen, vocabulary, added):
    """Count words by stars; return what gives logits for sentences."""
    counts = np.full((5, len(vocabulary) + 1), added, float)
    for text, n in seen:
        np.add.at(counts[n - 1], number(text, vocabulary), 1)
    log_share = np.log(counts / counts.sum(axis=1, keepdims=True))
    log_prior = np.log(count_stars(seen) / len(seen))

    def guess(reviews):
        """Return logits (1, 5, sentences)."""
        numbers = (number(text, vocabulary) for text, _ in reviews)
        z = [log_prior + log_share[:, each].sum(axis=1) for each in numbers]
        return np.transpose(z)[None]

    return guess


def choose_bayes(parts, vocabulary):
    """Return the one that does best on the validation sentences."""
    seen, held_out, _ = parts
    guesses = [bayes(seen, vocabulary, added) for added in ADDED]
    return max(guesses, key=lambda g: score(g(held_out), held_out)["exact"])


# %% [markdown]
# ## The quick size
#
# Less than a second while this page is built: every fourth sentence, and a
# small network.


# %%
def read(params, vocabulary, text):
    """Say for each word what the gates do, and the stars after it."""
    E, cell, readout = layers(params)
    tokens, _ = batch([words(text)], vocabulary)
    a, _, tape = lstm_forward(cell.params, embed(E, tokens), blank(params, 1))
    z, _ = readout_forward(readout.params, a)
    mean_stars = np.arange(1, 6) @ softmax(z)  # by their probabilities
    return {
        "forget": [round(float(v.gamma_f.mean()), 3) for v in tape.values],
        "update": [round(float(v.gamma_u.mean()), 3) for v in tape.values],
        "stars": [round(float(n), 3) for n in mean_stars.ravel()],
    }


def by_stars(z, reviews):
    """Return the share that is exact of the sentences of 1, 2, ... stars."""
    pairs = zip(1 + z[0].argmax(axis=0), reviews, strict=True)
    found = count_stars([review for n, review in pairs if n == review[1]])
    return (found / count_stars(reviews)).round(4).tolist()


def measure(reviews, seed, settings):
    """Let both learn from the same sentences, and test them on the same."""
    rng, parts = np.random.default_rng(seed), split(reviews, seed)
    vocabulary, test = find_vocabulary(parts[0]), parts[2]
    params, curve = learn(parts, vocabulary, rng, **settings)
    z = predict(params, test, vocabulary)
    z_bayes = choose_bayes(parts, vocabulary)(test)
    shuffled = [(rng.permutation(text), n) for text, n in test]
    tokens, lengths = batch([text for text, _ in test], vocabulary)
    z_late, _ = forward(params, tokens, [max(lengths)] * len(test))
    return {
        "words": len(vocabulary),
        "tested": count_stars(test).tolist(),
        "weights": sum(w.size for w in params),
        "lstm": score(z, test) | {"by_stars": by_stars(z, test)},
        "bayes": score(z_bayes, test) | {"by_stars": by_stars(z_bayes, test)},
        "shuffled": score(predict(params, shuffled, vocabulary), test),
        "late": score(z_late, test),
        "curve": curve,
        "quoted": read(params, vocabulary, QUOTED),
        "turned": read(params, vocabulary, TURNED),
    }


def compare(tested, rows):
    """Print the share that is exact, and the share within one star."""
    share = np.array(tested) / sum(tested)
    near = np.convolve(share, [1, 1, 1], "same")
    same = [
        (f"always {n} star{'s'[: n - 1]}", share[n - 1], near[n - 1])
        for n in (1, 4, 5)
    ]
    print(f"{'':20}{'exact':>8}{'within one':>12}")
    for name, *shares in [*same, *rows]:
        print(f"{name:20}{shares[0]:8.3f}{shares[1]:12.3f}")


QUICK = {
    "n_e": 16,
    "n_a": 16,
    "m": 32,
    "dropped": 0.3,
    "passes": 4,
    "rate": 0.01,
}
quick = measure(reviews[::4], 0, QUICK)
both = {"LSTM": quick["lstm"], "naive Bayes": quick["bayes"]}
compare(
    quick["tested"], [(k, v["exact"], v["near"]) for k, v in both.items()]
)

# %% [markdown]
# With so few sentences, counting words is ahead.
#
# ## The full size
#
# All sentences, and ten seeds. A seed draws the first weights, the words that
# are dropped, and which sentences are for validation.

# %%
SEEDS = list(range(10))
FULL = {
    "n_e": 32,
    "n_a": 32,
    "m": 64,
    "dropped": 0.5,
    "passes": 6,
    "rate": 0.003,
}


def measure_full(seed):
    """Measure on all sentences."""
    return measure(read_reviews(), seed, FULL)


def spread(values):
    """Return mean, lowest and highest."""
    return {
        "mean": round(float(np.mean(values)), 4),
        "lowest": min(values),
        "highest": max(values),
    }


def summarise(measured):
    """Give mean and spread over the seeds."""
    runs = list(measured.values())
    names = ["lstm", "bayes", "shuffled", "late"]
    ahead = [r["bayes"]["exact"] - r["lstm"]["exact"] for r in runs]
    lost = [r["lstm"]["exact"] - r["shuffled"]["exact"] for r in runs]
    return {
        "settings": FULL,
        "tested": runs[0]["tested"],
        "scores": {
            name: {
                key: spread([run[name][key] for run in runs])
                for key in ("exact", "near")
            }
            for name in names
        },
        "bayes_ahead": spread([round(d, 4) for d in ahead]),
        "lost_by_shuffling": spread([round(d, 4) for d in lost]),
        "runs": runs,
    }


PARTS = {f"seed {seed}": (measure_full, seed) for seed in SEEDS}

# %%
full = load_results("sentiment")
names = {
    "lstm": "LSTM",
    "bayes": "naive Bayes",
    "shuffled": "LSTM, shuffled",
    "late": "LSTM, read late",
}
means = {
    names[key]: [kind["mean"] for kind in kinds.values()]
    for key, kinds in full["scores"].items()
}
compare(full["tested"], [(name, *pair) for name, pair in means.items()])

# %% [markdown]
# On average over the seeds naive Bayes is 2.3 points ahead, from 0.9 to 3.7. All
# of them are tested on the same sentences, so these numbers do not say how it
# would be on others: on a share of these 2,120 one standard error is 1.1 points.
# Within one star there is nothing to choose between the two.
# <!-- check: 2.3 == 100 * results("sentiment")["bayes_ahead"]["mean"] -->
# <!-- check: 0.9 == 100 * results("sentiment")["bayes_ahead"]["lowest"] -->
# <!-- check: 3.7 == 100 * results("sentiment")["bayes_ahead"]["highest"] -->
# <!-- check: 2,120 == sum(results("sentiment")["tested"]) -->
# <!-- check: 1.1 == 100 * np.sqrt(0.55 * 0.45 / sum(results("sentiment")["tested"])) -->
#
# *Shuffled* is the same LSTM on the same sentences, each with its words in random
# order. It loses 0.8 points on average; with one seed it gains 0.3. So to its score the
# order of words hardly matters.
# <!-- check: 0.8 == 100 * results("sentiment")["lost_by_shuffling"]["mean"] -->
# <!-- check: 0.3 == -100 * results("sentiment")["lost_by_shuffling"]["lowest"] -->
#
# *Read late* takes the activation not where a sentence ends, but where the
# longest one does, after steps that belong to nobody.

# %% tags=["hide-input"] alt="Share of the sentences whose stars were found, against their number of stars, with its range over ten seeds. LSTM and naive Bayes alike find most sentences of one and of five stars, few of two and of four, and almost none of three."
figure, axes = plt.subplots()
for key, shift, style in [("lstm", -0.08, "C0o"), ("bayes", 0.08, "C1s")]:
    shares = np.array([run[key]["by_stars"] for run in full["runs"]])
    mean = shares.mean(axis=0)
    reach = [mean - shares.min(axis=0), shares.max(axis=0) - mean]
    at = np.arange(1, 6) + shift
    axes.errorbar(at, mean, reach, fmt=style, capsize=4, label=names[key])
axes.legend(loc="upper center")
axes.set(xlabel="stars", ylabel="share found", ylim=(-0.03, 1))
figure.tight_layout()

# %% [markdown]
# ## Word by word
#
# The readout looks at the last activation only, but it can be asked after each
# word. Here is a sentence of the test, with five stars. A thin line is one seed, a
# thick one the mean of all ten; a gate is the mean of its units.

# %% tags=["hide-input"] alt="Eleven words from top to bottom. Left, the forget gate and the update gate at each word. The forget gate is near 0.74 and dips to 0.66 at the word but, in all ten seeds. The update gate stays near 0.5. Right, the predicted stars after each word: about 3 until fantastic, then about 3.5."
figure, (gates, after) = plt.subplots(
    1, 2, sharey=True, figsize=(6, 4.4), width_ratios=[1.25, 1]
)
places = range(len(words(QUOTED)))
for axes, key, colour, label in [
    (gates, "update", "C0", {"x": 0.58, "ha": "right"}),
    (gates, "forget", "C1", {"x": 0.66, "ha": "left"}),
    (after, "stars", "C2", None),
]:
    seeds = np.array([run["quoted"][key] for run in full["runs"]])
    axes.plot(seeds.T, places, colour, linewidth=0.8, alpha=0.5)
    axes.plot(seeds.mean(axis=0), places, colour + "o-")
    axes.tick_params(left=False)
    if label:
        axes.text(y=-0.7, s=key, color=colour, weight="bold", **label)
gates.set(xlim=(0.2, 1), ylim=(len(places) - 0.5, -1.5), xlabel="gate")
gates.set_yticks(places, words(QUOTED))
after.set(xlim=(1, 5), xlabel="stars", xticks=range(1, 6))
figure.tight_layout()

# %% [markdown]
# The gates stand almost still, but for one word. At *but* the forget gate is lowest,
# with each of the ten seeds: 0.66 on average, 0.74 at the other words. There the
# network keeps less of its memory than anywhere else. All the same the
# five stars are not found: after the last word the mean is 3.48, from 2.87 to 3.83.
# <!-- check: 0.66 == np.mean([run["quoted"]["forget"][5] for run in results("sentiment")["runs"]]) -->
# <!-- check: 0.74 == np.mean([run["quoted"]["forget"][:5] + run["quoted"]["forget"][6:] for run in results("sentiment")["runs"]]) -->
# <!-- check: 3.48 == np.mean([run["quoted"]["stars"][-1] for run in results("sentiment")["runs"]]) -->
# <!-- check: 2.87 == min(run["quoted"]["stars"][-1] for run in results("sentiment")["runs"]) -->
# <!-- check: 3.83 == max(run["quoted"]["stars"][-1] for run in results("sentiment")["runs"]) -->
#
# Now turn the halves around. To naive Bayes that is the same sentence. The LSTM
# could tell: to most of us what stands after *but* counts for more.

# %%
for key, text in [("quoted", QUOTED), ("turned", TURNED)]:
    last = [run[key]["stars"][-1] for run in full["runs"]]
    print(f"{np.mean(last):.2f}, {min(last):.2f} to {max(last):.2f}: {text}")

# %% [markdown]
# At *but* it does something: the forget gate is lowest there again, and the stars fall,
# with each seed, by 0.49 on average. In the end most seeds give the two different
# stars, but they do not agree on which gets more: five say the one, five the other.
# <!-- check: 0.49 == np.mean([run["turned"]["stars"][4] - run["turned"]["stars"][5] for run in results("sentiment")["runs"]]) -->
#
# ## What this does not show
#
# That LSTMs cannot read. This one had seven thousand sentences, and half of the
# words that it knows it has met four times or less. Embeddings learned from more
# text are the usual remedy; none are used here. And whoever learns with half of the
# words missing may learn less of their order.
#
# Nor does it show more than one kind of text, or one way of cutting ratings into
# stars. One sentence is looked at word by word, and what holds for it need not
# hold for others (exercise 3).
#
# The settings were chosen in validation, on two seeds that are not reported: three
# learning rates from `0.001` to `0.01`, three shares of dropped words, three sizes. On
# average over the two seeds all came within one point of each other, so none of them
# is special. Those trials are not in the record.
#
# ## What goes wrong
#
# **Reading late.** Whoever takes the last row of activations for all columns
# reads short sentences after steps that belong to nobody. It costs the LSTM
# little exactness on average, and at worst 6.6 points; within one star it loses
# 3.6.
# <!-- check: 6.6 == 100 * max(run["lstm"]["exact"] - run["late"]["exact"] for run in results("sentiment")["runs"]) -->
# <!-- check: 3.6 == 100 * (results("sentiment")["scores"]["lstm"]["near"]["mean"] - results("sentiment")["scores"]["late"]["near"]["mean"]) -->
#
# **Training on.** On average over the seeds the validation loss is lowest after
# the third pass, 1.21 nats, and 1.29 after the sixth, while that of training goes
# on falling to 0.98.
# <!-- check: 1.21 == np.mean([run["curve"][2]["held_out"] for run in results("sentiment")["runs"]]) -->
# <!-- check: 1.29 == np.mean([run["curve"][5]["held_out"] for run in results("sentiment")["runs"]]) -->
# <!-- check: 0.98 == np.mean([run["curve"][5]["training"] for run in results("sentiment")["runs"]]) -->
#
# **Looking at one number.** The share that is exact says nothing of the three
# stars, which both all but never find.
#
# ## Exercises
#
# 1. *Warm-up.* You always say the same number of stars. With which number are you
#    within one star most often, and how often?
#
#     ??? success "Solution"
#         *Warm-up.* With four: then three, four and five are near enough, 52.8 % of the test.
#         Naive Bayes comes to 75 %.
#         <!-- check: 52.8 % == sum(results("sentiment")["tested"][2:]) / sum(results("sentiment")["tested"]) -->
#         <!-- check: 52.8 % == max(np.convolve(results("sentiment")["tested"], [1, 1, 1])) / sum(results("sentiment")["tested"]) -->
#         <!-- check: 75 % == results("sentiment")["scores"]["bayes"]["near"]["mean"] -->
#
# 2. *Think.* Why can naive Bayes not tell the quoted sentence from the one that
#    is turned around?
#
#     ??? success "Solution"
#         *Think.* It adds up one number for each word, and a sum has no order. To give it
#         some, count pairs of neighbours as words, too: on sentiment that helps
#         ([Wang and Manning, 2012](../references.md#wang-2012)).
#
# 3. *Look further.* Is the forget gate lowest at *but* in other sentences, too? Train
#    with three seeds as `measure` does, and let `read` say what the gates do in each
#    sentence of the test that has one *but*.
#
#     ??? success "Solution"
#         *Look further.* It depends on the seed. There are 315 such sentences. In a trial of ours the first
#         seed did so in four of five, the second in all of them, and the third in
#         fewer than one in ten. All three did so in the sentence above: one
#         sentence is no evidence.
#
# 4. *Measure.* The archive holds sentences from reviews on Amazon, too
#    (`amazonReviewSnippets_GroundTruth.txt`). Let both learn from these as well,
#    and test on the films only. Who gains more?
#
#     ??? success "Solution"
#         *Measure.* Neither gained much in a trial of ours with three seeds. The LSTM gained about one
#         point once, and lost one or two the other times; naive Bayes stayed
#         within one point. More sentences of another kind are not more of this kind.
