"""Ten counting tools behind one function, for the scripts that compare them. Figures are in the unit that each tool calls its
own: multiply-adds, except for torch.utils.flop_counter, which counts two operations for each."""

import contextlib
import io
import logging
import warnings

import torch

logging.disable(logging.WARNING)
warnings.filterwarnings("ignore")


def by_thop(module, inputs):
    import thop

    return thop.profile(module, inputs=inputs, verbose=False)[0]


def by_ptflops(backend):
    def count(module, inputs):
        from ptflops import get_model_complexity_info

        class Call(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.inner = module

            def forward(self, x):
                return self.inner(*inputs)

        return get_model_complexity_info(Call(), (1,), as_strings=False, print_per_layer_stat=False, backend=backend)[0]

    return count


def by_fvcore(module, inputs):
    from fvcore.nn import FlopCountAnalysis

    return FlopCountAnalysis(module, inputs).unsupported_ops_warnings(False).uncalled_modules_warnings(False).total()


def by_torchinfo(module, inputs):
    import torchinfo

    return torchinfo.summary(module, input_data=list(inputs), verbose=0).total_mult_adds


def by_flop_counter(module, inputs):
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        module(*inputs)
    return counter.get_total_flops()


def by_calflops(module, inputs):
    from calflops import calculate_flops

    return calculate_flops(model=module, args=list(inputs), output_as_string=False, print_results=False)[1]


def by_torchprofile(module, inputs):
    from torchprofile import profile_macs

    return profile_macs(module, inputs)


def by_deepspeed(module, inputs):
    from deepspeed.profiling.flops_profiler import get_model_profile

    return get_model_profile(module, args=list(inputs), as_string=False, print_profile=False, warm_up=0)[1]


def by_flops_profiler(module, inputs):
    from flops_profiler.profiler import get_model_profile

    return get_model_profile(module, args=list(inputs), as_string=False, print_profile=False, warm_up=0)[1]


TOOLS = {
    "thop": by_thop,
    "ptflops": by_ptflops("pytorch"),
    "ptflops, aten": by_ptflops("aten"),
    "fvcore": by_fvcore,
    "torchinfo": by_torchinfo,
    "flop_counter": by_flop_counter,
    "calflops": by_calflops,
    "torchprofile": by_torchprofile,
    "deepspeed": by_deepspeed,
    "flops-profiler": by_flops_profiler,
}


def counted(tool, module, inputs):
    """The count of a module in evaluation mode, without what the tool prints."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return TOOLS[tool](module.eval(), tuple(inputs))
