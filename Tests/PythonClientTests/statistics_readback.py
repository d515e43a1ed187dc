"""Reads the random parameters of an augmentation back from its pixels, as the reference set's summaries were read.

`grad.rec` holds pictures with R = x + 60, G = y + 60 and B = 128, so colours tell where a pixel comes from;
`patch.rec` holds four flat patches of known colours, so they tell what was done to a colour.
Every function takes a batch (N, 3, height, width) of RGB pixels, `detection` its label rows too, and gives one value a
sample for each quantity.
"""

from __future__ import annotations

import functools

import numpy as np

PICTURE_WIDTH, PICTURE_HEIGHT = 120, 100
COLOUR_AT_ORIGIN = 60
BLUE = 128
# Interpolation mixes the fill (0) into pixels at the picture's edge; half a level of rounding is still the picture.
BLUE_TOLERANCE = 3
# The reference's fits leave out the outermost pixels of the output.
MARGIN = 2
# Left edge of the only object of the pictures with an object, as a fraction of their width.
OBJECT_LEFT = 0.3
PATCHES = np.array([[200, 60, 40], [60, 180, 90], [70, 80, 190], [150, 150, 150]], float)


def readback(case):
    """The function of images and label rows that reads the quantities of a case's summary."""
    quantities = set(case["expect"]["statistics"])
    if "label_len" in quantities:
        return detection
    if "mirrored" in quantities:
        return of_images(crop_and_mirror)
    if "patch0_R" in quantities:
        return of_images(patch_colours)
    if "contrast" in quantities:
        return of_images(contrast_and_illumination)
    return of_images(geometry)


def of_images(read):
    """A function of images as one of images and labels."""
    return lambda images, labels: read(images)


def detection(batch, labels):
    """The crop as fractions of the picture, the object's box, and how far its left edge is from where the pixels say.

    A label row is [channels, rows, columns, n, header (2), id, left, top, right, bottom].
    """
    found = geometry(batch)
    box = dict(zip(("xmin", "ymin", "xmax", "ymax"), labels[:, 7:11].T.astype(float), strict=True))
    expected = (OBJECT_LEFT * PICTURE_WIDTH - found["crop_x"]) / found["crop_w"]
    return box | {
        "label_len": labels[:, 3],
        "crop_w_fraction": found["crop_w"] / PICTURE_WIDTH,
        "crop_h_fraction": found["crop_h"] / PICTURE_HEIGHT,
        "inside": found["inside"],
        "xmin_minus_pixel_estimate": box["xmin"] - np.clip(expected, 0, 1),
    }


def crop_and_mirror(batch):
    """Where a crop without resizing begins, and whether it is mirrored."""
    red, green = batch[:, 0, 0].astype(int), batch[:, 1, 0].astype(int)
    mirrored = red[:, 0] > red[:, -1]
    return {
        "crop_x": np.minimum(red[:, 0], red[:, -1]) - COLOUR_AT_ORIGIN,
        "crop_y": green[:, 0] - COLOUR_AT_ORIGIN,
        "mirrored": mirrored.astype(int),
    }


def patch_colours(batch):
    """The colours at the patches' centres."""
    centres = patch_centres(batch)
    return {
        f"patch{patch}_{channel}": centres[:, patch, position].astype(float)
        for patch in range(len(PATCHES))
        for position, channel in enumerate("RGB")
    }


def contrast_and_illumination(batch):
    """The straight line from the patches' colours in the file to those in the batch."""
    known = PATCHES.ravel()
    found = patch_centres(batch).astype(float).reshape(len(batch), -1)
    contrast = ((known - known.mean()) * found).sum(1) / ((known - known.mean()) ** 2).sum()
    return {"contrast": contrast, "illumination": found.mean(1) - contrast * known.mean()}


def geometry(batch):
    """The affine map from output to source coordinates, x' = ax + by + c and y' = dx + ey + f, by least squares."""
    height, width = batch.shape[2:]
    batch = batch.astype(float)
    margin = np.s_[:, MARGIN : height - MARGIN, MARGIN : width - MARGIN]
    inside = np.zeros((len(batch), height, width), bool)
    inside[margin] = np.abs(batch[:, 2][margin] - BLUE) <= BLUE_TOLERANCE
    weights = inside.astype(float).reshape(len(batch), -1)
    source = (batch[:, :2] - COLOUR_AT_ORIGIN).reshape(len(batch), 2, -1) * weights[:, None, :]
    basis, products = design(height, width)
    # `einsum`, because matrix products this small lose more to BLAS's threads than they gain.
    normal = np.einsum("np,ijp->nij", weights, products)
    moments = np.einsum("ncp,ip->nic", source, basis)
    (a, b, c), (d, e, f) = np.linalg.solve(normal, moments).transpose(2, 1, 0)
    # Sheared or turned pictures have a scale along each output axis: how far one step in the output goes in the source.
    scale_x, scale_y = 1 / np.hypot(a, d), 1 / np.hypot(b, e)
    crop_width, crop_height = a * width, e * height
    degrees = np.round(np.degrees(np.arctan2(b, a))).astype(int)
    return {
        "a": a,
        "b": b,
        "e": e,
        "det": a * e - b * d,
        "b_over_a": b / a,
        "d_over_e": d / e,
        "scale_x": scale_x,
        "scale_y": scale_y,
        "scale_x_over_y": scale_x / scale_y,
        "angle_degrees": half_open_turn(degrees),
        "crop_x": c,
        "crop_y": f,
        "crop_w": crop_width,
        "crop_h": crop_height,
        "area_fraction": crop_width * crop_height / (PICTURE_WIDTH * PICTURE_HEIGHT),
        "w_over_h": crop_width / crop_height,
        "inside": inside.reshape(len(batch), -1).mean(1),
    }


@functools.cache
def design(height, width):
    """The terms x, y and 1 of every pixel (3, pixels), and their products with each other (3, 3, pixels)."""
    y, x = np.mgrid[:height, :width].reshape(2, -1)
    basis = np.stack([x, y, np.ones_like(x)]).astype(float)
    return basis, basis[:, None, :] * basis[None, :, :]


def half_open_turn(degrees):
    """180 and -180 are the same direction; which of them a fit gives is rounding noise."""
    return (degrees + 180) % 360 - 180


def patch_centres(batch):
    """Colours (N, patch, RGB) at the centres of the four quarters: top left, top right, bottom left, bottom right."""
    height, width = batch.shape[2:]
    rows, columns = (height // 4, 3 * height // 4), (width // 4, 3 * width // 4)
    return np.stack([batch[:, :, row, column] for row in rows for column in columns], axis=1)
