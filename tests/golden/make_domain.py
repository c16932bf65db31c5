"""Texts as TF-IDF vectors, logistic regression and areas under the ROC, by scikit-learn, SciPy and numpy: domain.json.

usage: python3 tests/golden/make_domain.py      (numpy, scipy, scikit-learn)
"""
import json
from pathlib import Path

import numpy
import scipy
import sklearn
from scipy.sparse import csr_matrix
from scipy.special import expit
from scipy.stats import mannwhitneyu, norm
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

here = Path(__file__).parent
random = numpy.random.default_rng(20240611)


# Texts.

def tfidf_case(name, texts, most, unseen):
    """The words that are in most rows; of equally frequent ones the alphabetically first."""
    rows = [text for text, number in texts for _ in range(number)]
    analyse = TfidfVectorizer().build_analyzer()
    frequency = {}
    for text, number in texts:
        for word in set(analyse(text)):
            frequency[word] = frequency.get(word, 0) + number
    kept = sorted(sorted(frequency, key=lambda word: (-frequency[word], word))[:most])
    idf, vectors = [], [[] for _ in texts + unseen]
    if kept:
        vectorizer = TfidfVectorizer(sublinear_tf=True, vocabulary=kept)
        vectorizer.fit(rows)
        idf = vectorizer.idf_.tolist()
        matrix = vectorizer.transform([text for text, _ in texts] + unseen)
        matrix.sort_indices()
        vectors = [[[int(i), float(v)] for i, v in zip(row.indices, row.data)] for row in matrix]
        if most >= len(frequency):
            assert TfidfVectorizer(sublinear_tf=True).fit(rows).get_feature_names_out().tolist() == kept
    tokens = [analyse(text) for text, _ in texts] + [analyse(text) for text in unseen]
    return {"name": name, "texts": texts, "most": most, "unseen": unseen, "tokens": tokens, "words": kept, "idf": idf, "vectors": vectors}


plain = [
    ["The quick brown fox jumps over the lazy dog", 3],
    ["the dog, the DOG and the Fox!", 1],
    ["a b c I x", 2],
    ["", 4],
    ["lazy lazy lazy lazy lazy lazy", 1],
    ["snake_case __init__ _ __ x_ 3 42 3.14 1,000 v2 2v", 5],
    ["e-mail: user.name@example.org, https://example.org/a?b=cc", 2],
    ["don't can't it's o'clock", 1],
    ["  \t\nspaces\u00a0and\u2003more\u200bzero\r\nwidth  ", 1],
]
world = [
    ["Ünïcödé Straße STRASSE İstanbul ISTANBUL ıı ﬁle", 2],
    ["ΟΔΥΣΣΕΥΣ Σ ΑΣ'Β ΆΣ. λόγος", 1],
    ["Привет, мир! ЁЖ ёж", 3],
    ["cafe\u0301 café na\u0308ive naïve", 2],
    ["हिन्दी में लिखा हुआ", 1],
    ["日本語のテキスト、漢字。 中文 文", 2],
    ["한국어 텍스트", 1],
    ["اللُّغة العربية ١٢٣ عربي", 1],
    ["שָׁלוֹם שלום", 1],
    ["x² ½½ Ⅷ ⅷ ②③ ⓐⓑ 一二 ٣٤ 𝟘𝟙 𝒜𝒞", 1],
    ["a‿b c⁀d foo\ufe33bar soft\u00adhyphen zero\u200djoin", 1],
    ["emoji 😀 ok👍🏽ok ❤️ end", 1],
    ["ไทยไม่เว้นวรรค", 1],
]
ties = [["bb aa", 2], ["cc dd aa", 1], ["dd ee", 2], ["ff", 3], ["bb bb bb cc", 1], ["zz", 0]]
syllables = [a + b for a in "bcdfgklmnprst" for b in "aeiou"]
made = ["".join(random.choice(syllables, size=random.integers(1, 4))) for _ in range(90)]
weights = 1 / numpy.arange(1, 91)
mixed = [[" ".join(random.choice(made, size=random.integers(1, 25), p=weights / weights.sum())), int(random.integers(1, 6))] for _ in range(40)]
unseen = ["the fox bb aa aa zz", "never seen words", "", "привет STRASSE " + " ".join(made[:5] * 3)]
texts = [
    tfidf_case("plain", plain, 1000, unseen),
    tfidf_case("world", world, 1000, unseen),
    tfidf_case("ties", ties, 3, unseen),
    tfidf_case("ties, all", ties[:-1], 1000, unseen),
    tfidf_case("mixed", mixed, 50, unseen),
    tfidf_case("short", [["a", 2], ["", 1]], 10, ["word"]),
]


# Logistic regression.

def logistic_case(name, x, weights, penalty):
    """Newton's method of scikit-learn, run until the gradient is nothing but rounding, each row once for each class."""
    n, total = len(x), weights.sum()
    model = LogisticRegression(C=1 / (penalty * total), solver="newton-cholesky", tol=1e-15, max_iter=1000)
    model.fit(numpy.vstack([x, x]), numpy.repeat([0, 1], n), sample_weight=numpy.concatenate([weights[:, 0], weights[:, 1]]))
    b, c = model.coef_[0], float(model.intercept_[0])
    # One more step by the definition, which says how far it was.
    z = x @ b + c
    curvature = weights.sum(axis=1) * expit(z) * expit(-z) / total
    slope = (weights[:, 0] * expit(z) - weights[:, 1] * expit(-z)) / total
    ones = numpy.hstack([x, numpy.ones((n, 1))])
    ridge = numpy.diag([penalty] * x.shape[1] + [0.0])
    hessian = ones.T @ (ones * curvature[:, None]) + ridge
    step = numpy.linalg.solve(hessian, ones.T @ slope + ridge @ numpy.append(b, c))
    error = numpy.abs(step).max() / numpy.linalg.norm(b)
    assert error < 1e-9, (name, error)
    print(f"{name}: scikit-learn is {error:.1e} from the minimum")
    rows = [[[int(j), float(row[j])] for j in numpy.flatnonzero(row)] for row in x] if (x == 0).mean() > 0.5 else x.tolist()
    short = [[int(w) if w == int(w) else float(w) for w in pair] for pair in weights]
    scores = model.decision_function(x).tolist()
    return {"name": name, "lambda": penalty, "rows": rows, "weights": short, "coefficients": b.tolist(), "intercept": c, "scores": scores}


def one_class(labels):
    return numpy.column_stack([1.0 - labels, labels]).astype(float)


def sparse(n, width, nonzeros):
    """Unit rows with the weights of frequent columns, to four digits."""
    x = numpy.zeros((n, width))
    shares = 1 / numpy.arange(1, width + 1) ** 0.7
    for row in x:
        row[random.choice(width, size=nonzeros, replace=False, p=shares / shares.sum())] = random.uniform(0.2, 1, nonzeros)
    return numpy.round(x / numpy.linalg.norm(x, axis=1, keepdims=True), 4)


words = sparse(300, 200, 8)
drifted = (random.uniform(size=300) < expit(words @ random.normal(0, 4, 200))).astype(int)
counted = random.integers(0, 4, size=(300, 2)).astype(float)
dense = numpy.round(random.normal(size=(150, 12)) @ random.normal(size=(12, 12)) + random.normal(size=12), 3)
noisy = (random.uniform(size=150) < expit(dense @ random.normal(0, 0.4, 12) - 1)).astype(int)
apart = numpy.round(numpy.vstack([random.normal(-3, 1, (30, 4)), random.normal(3, 1, (20, 4))]), 3)
sizes = numpy.round(random.normal(size=(60, 5)) * [1e-2, 1, 1e2, 1e-1, 10] + [0, 5, 0, 0, 30], 5)
wide = numpy.round(random.normal(size=(20, 60)), 3)
logistic = [
    logistic_case("sparse", words, one_class(drifted), 1 / 300),
    logistic_case("sparse, little penalty", words, one_class(drifted), 1e-5),
    logistic_case("sparse, both classes a row", words, counted, 2.5e-4),
    logistic_case("dense", dense, one_class(noisy), 1e-3),
    logistic_case("dense, fractions as weights", dense, numpy.round(random.uniform(0, 3, (150, 2)), 3), 0.1),
    logistic_case("separable", apart, one_class(numpy.repeat([0, 1], [30, 20])), 1e-4),
    logistic_case("separable, nearly unpenalised", apart, one_class(numpy.repeat([0, 1], [30, 20])), 1e-8),
    logistic_case("columns of different size", sizes, one_class(random.integers(0, 2, 60)), 1e-3),
    logistic_case("more columns than rows", wide, one_class(numpy.arange(20) % 2), 0.01),
    logistic_case("one positive row", dense, one_class((numpy.arange(150) == 7).astype(int)), 1e-2),
]


# Areas under the ROC.

def delong(negative, positive):
    """All pairs, as in the paper."""
    psi = (positive[:, None] > negative[None, :]) + 0.5 * (positive[:, None] == negative[None, :])
    m, n = psi.shape
    return psi.mean(), psi.mean(axis=1).var(ddof=1) / m + psi.mean(axis=0).var(ddof=1) / n


def roc_case(name, items):
    score, negatives, positives = (numpy.array(column) for column in zip(*items))
    negative, positive = numpy.repeat(score, negatives.astype(int)), numpy.repeat(score, positives.astype(int))
    labels = numpy.repeat([0, 1], [len(negative), len(positive)])
    # scikit-learn refuses infinite scores; ranks say the same.
    auc = roc_auc_score(labels, scipy.stats.rankdata(numpy.concatenate([negative, positive])))
    ranks, counts = numpy.tile(scipy.stats.rankdata(score), 2), numpy.concatenate([negatives, positives])
    weighted = roc_auc_score(numpy.repeat([0, 1], len(score)), ranks, sample_weight=counts)
    assert abs(auc - weighted) < 1e-12, name
    with numpy.errstate(all="ignore"):
        p_value = mannwhitneyu(positive, negative, alternative="greater", method="asymptotic").pvalue
    case = {"name": name, "items": [[repr(float(s)), int(a), int(b)] for s, a, b in items], "auc": float(auc), "p_value": float(p_value)}
    if min(len(negative), len(positive)) > 1:
        area, variance = delong(negative, positive)
        assert abs(area - auc) < 1e-12, name
        half = norm.ppf(0.975) * numpy.sqrt(variance)
        case |= {"variance": float(variance), "interval": [float(max(auc - half, 0)), float(min(auc + half, 1))]}
    return case


def drawn(negatives, positives, digits):
    items = [(round(float(s), digits), 1, 0) for s in negatives] + [(round(float(s), digits), 0, 1) for s in positives]
    return [items[i] for i in random.permutation(len(items))]


roc = [
    roc_case("no ties", drawn(random.normal(0, 1, 60), random.normal(0.5, 1, 45), 12)),
    roc_case("ties", drawn(random.normal(0, 1, 150), random.normal(0.3, 1.5, 90), 1)),
    roc_case("many ties", drawn(random.normal(0, 1, 150), random.normal(0.3, 1, 160), 0)),
    roc_case("below a half", drawn(random.normal(0, 1, 70), random.normal(-0.6, 1, 50), 2)),
    roc_case("far below a half", drawn(random.normal(0, 1, 100), random.normal(-4, 1, 100), 2)),
    roc_case("same", drawn(random.normal(0, 1, 200), random.normal(0, 1, 200), 2)),
    roc_case("tail", drawn(random.normal(0, 1, 250), random.normal(6, 1, 250), 3)),
    roc_case("counts", list(zip(random.normal(0, 2, 60).round(1).tolist(), *random.integers(0, 40, (2, 60)).tolist()))),
    roc_case("apart", [(float(i), 1, 0) for i in range(10)] + [(float(i), 0, 1) for i in range(20, 32)]),
    roc_case("exactly a half", [(0.0, 3, 2), (1.0, 3, 2)]),
    roc_case("half a pair above", [(0.0, 2, 1), (1.0, 2, 2)]),
    roc_case("all equal", [(0.5, 7, 4), (0.5, 1, 2)]),
    roc_case("signed zeros and infinities", [(-0.0, 2, 1), (0.0, 1, 3), (float("inf"), 1, 2), (float("-inf"), 3, 1), (5e-324, 0, 2)]),
    roc_case("one positive", [(0.1, 3, 0), (0.4, 2, 1), (0.7, 2, 0)]),
    roc_case("one of each", [(1.0, 1, 0), (2.0, 0, 1)]),
]

versions = {"scikit-learn": sklearn.__version__, "scipy": scipy.__version__, "numpy": numpy.__version__}
out = here / "domain.json"
out.write_text(json.dumps({"versions": versions, "tfidf": texts, "logistic": logistic, "roc": roc}, ensure_ascii=False, separators=(",", ":")) + "\n")
print(len(texts), len(logistic), len(roc), out.stat().st_size)
