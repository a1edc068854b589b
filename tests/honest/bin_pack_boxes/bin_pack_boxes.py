"""Distribute items over boxes."""


def bin_pack_boxes(weights_g: list[int], capacity_g: int) -> list[list[int]]:
    """Put items into as few boxes as a first-fit-decreasing rule finds.

    Args:
        weights_g: Weight of each item in grams.
        capacity_g: What one box holds, in grams.

    Returns:
        Boxes, each with the weights of its items.

    Raises:
        ValueError: An item is heavier than a box, or a weight or the capacity is not positive.
    """
    if capacity_g <= 0:
        raise ValueError("capacity must be positive")
    boxes: list[list[int]] = []
    for weight in sorted(weights_g, reverse=True):
        if weight <= 0:
            raise ValueError("weights must be positive")
        if weight > capacity_g:
            raise ValueError(f"an item of {weight} g does not fit into any box")
        for box in boxes:
            if sum(box) + weight <= capacity_g:
                box.append(weight)
                break
        else:
            boxes.append([weight])
    return boxes
