"""Trained networks as torch modules: VGG, ResNet, small ones, and the CIFAR files they are trained on."""
