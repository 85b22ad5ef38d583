"""What ``torch.func`` imports at the first gradient, for processes from which others are forked: half a second each."""

import torch._dynamo  # noqa: F401
