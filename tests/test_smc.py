"""The sampler where a notebook cannot go: moves and likelihoods that misbehave, bad settings."""

import numpy as np
import pandas as pd
import pytest
from mdp.generate.smc import Known, Memory, Proposals, sample

LETTERS = list("abcd")
LIKELIHOOD = dict(a=0.0, b=-1.0, c=-2.0, d=-np.inf)


def log_likelihood(states):
    return [LIKELIHOOD[state] for state in states]


def any_letter(states, random_state):
    rng = np.random.default_rng(random_state)
    return Proposals([LETTERS[i] for i in rng.integers(4, size=len(states))])


def last(start, *arguments, **settings):
    *_, step = sample(start, *arguments, **settings)
    return step


def test_exact_probabilities_and_a_state_that_is_impossible():
    start = np.random.default_rng(0).choice(LETTERS, 4_000).tolist()
    step = last(start, log_likelihood, any_letter, np.r_[np.linspace(0.2, 1, 5), np.ones(5)])
    drawn = pd.Series(step.weights).groupby(step.particles).sum().reindex(LETTERS, fill_value=0.0)
    exact = np.exp(list(LIKELIHOOD.values()))
    assert np.abs(drawn.to_numpy() - exact / exact.sum()).max() < 0.03
    assert drawn["d"] == 0
    assert abs(step.log_z - np.log(exact.mean())) < 0.06


def test_the_same_seed_gives_the_same_run():
    def run(seed):
        return last(LETTERS * 10, log_likelihood, any_letter, [0.5, 1.0], random_state=seed)

    assert run(3).particles == run(3).particles != run(4).particles
    assert np.array_equal(run(3).weights, run(3).weights)


def test_a_particle_stands_for_a_state():
    def two_writings(particles, random_state):
        proposed = any_letter(particles, random_state).particles
        return Proposals([letter.upper() for letter in proposed])

    memory = Memory(log_likelihood)
    step = last(LETTERS * 10, memory, two_writings, [0.5, 1.0], state=str.lower)
    assert set(memory.known) == set(LETTERS)
    assert memory.calls == 4
    assert any(particle.isupper() for particle in step.particles)


def test_factors_with_schedules_of_their_own():
    def two_factors(states):
        return [(LIKELIHOOD[s], 0.0 if s in "ab" else -np.inf) for s in states]

    betas = np.c_[[0.0, 0.0], [0.0, 1.0]]
    step = last(LETTERS * 500, two_factors, any_letter, betas)
    share = pd.Series(step.weights).groupby(step.particles).sum()
    assert set(share.index[share > 0]) == {"a", "b"}
    assert abs(share["a"] - 0.5) < 0.06, "the first factor has no weight"


def test_refused_states_and_failed_moves_are_counted_and_never_taken():
    def refuse_b(states):
        return [Known(np.zeros(1), why="b is refused" if s == "b" else "") for s in states]

    def half(states, random_state):
        proposed = any_letter(states, random_state).particles
        kept = [p if i % 2 else None for i, p in enumerate(proposed)]
        return Proposals(kept, why=["" if p else "no luck" for p in kept])

    step = last(["a"] * 400, refuse_b, half, [1.0])
    assert "b" not in step.particles
    assert step.failed["no luck"] == 200
    assert 20 < step.failed["b is refused"] < 80
    with pytest.raises(ValueError, match="1 particles of the start are refused: b is refused"):
        sample(["a", "b"], refuse_b, half, [1.0])


def test_every_move_fails():
    step = last(LETTERS[:3], log_likelihood, lambda s, seed: Proposals([None] * len(s)), [0.5])
    assert step.accepted == 0
    assert step.particles == LETTERS[:3]


def test_no_likelihood_is_left():
    with pytest.raises(ValueError, match="step 1: no particle has any likelihood left"):
        last(["d"] * 5, log_likelihood, lambda s, seed: Proposals(list(s)), [1.0])


def test_another_number_of_particles():
    sizes = [len(step.particles) for step in sample(LETTERS, log_likelihood, any_letter, [1.0], 9)]
    assert sizes == [4, 9]


def one_value(states):
    "A likelihood that gives one value whatever the number of states."
    return [0.0]


@pytest.mark.parametrize(
    "settings",
    [
        dict(betas=[-1.0]),
        dict(betas=[np.nan]),
        dict(betas=[[0.5, 0.5]]),
        dict(n=0),
        dict(diversity=-1.0),
        dict(ess=2.0),
        dict(random_state=None),
        dict(start=[]),
        dict(evaluate=one_value),
    ],
)
def test_settings_that_make_no_sense_are_refused_before_the_first_step(settings):
    usual = dict(start=LETTERS, evaluate=log_likelihood, propose=any_letter, betas=[1.0])
    with pytest.raises(ValueError):
        sample(**{**usual, **settings})


def test_a_move_that_loses_a_particle():
    steps = sample(LETTERS, log_likelihood, lambda s, seed: Proposals(list(s[:-1])), [1.0])
    next(steps)
    with pytest.raises(ValueError, match="another number of particles"):
        next(steps)
