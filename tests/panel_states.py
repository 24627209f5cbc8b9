"""Where to look at a panel: its extremes, and any state at random."""

from hypothesis import strategies as st

from course_lib.stage import Choice, Memo, Slider, Toggle


def extremes(panel):
    """Each control at its ends, one at a time, and all controls at either end together."""
    ends = {}
    for control in panel.controls:
        if isinstance(control, Slider):
            ends[control.name] = [control.low, control.high]
        elif isinstance(control, Choice):
            ends[control.name] = [value for value, _ in control.options]
        elif isinstance(control, Toggle):
            ends[control.name] = [False, True]
    yield panel.defaults
    for name, values in ends.items():
        for value in values:
            yield {**panel.defaults, name: value}
    yield {**panel.defaults, **{name: values[0] for name, values in ends.items()}}
    yield {**panel.defaults, **{name: values[-1] for name, values in ends.items()}}


def any_state(panel):
    """Random parameters of a panel."""
    kinds = {
        Slider: lambda control: st.floats(control.low, control.high).map(control.accept),
        Choice: lambda control: st.sampled_from([value for value, _ in control.options]),
        Toggle: lambda control: st.booleans(),
        Memo: lambda control: st.just(control.default),
    }
    return st.fixed_dictionaries({control.name: kinds[type(control)](control) for control in panel.controls})
