"""Networks as PyTorch modules, and the images they are trained on.

==================  =======================================================================
module              question it answers
==================  =======================================================================
``vgg``             VGG-16 with GELU for images of 32 x 32 pixels
``resnet``          ResNet-18 with GELU for the same
``small_networks``  One hidden layer on synthetic images, at several learning rates at once
``cifar``           CIFAR-10 and CIFAR-100 from a local folder
==================  =======================================================================

What their neurons do is measured in :mod:`numerics.neurons`.
"""
