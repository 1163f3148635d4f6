from optimizer.results.transitions import matrix, transitions


def test_hectares_by_pair(make, plan):
    long = transitions(make(), plan).set_index(["from", "to"])["area_ha"]
    assert long.to_dict() == {
        ("crop", "crop"): 70,
        ("crop", "arbor"): 20,
        ("crop", "fac"): 10,
        ("arbor", "arbor"): 38,
        ("arbor", "fac"): 2,
        ("fac", "fac"): 10,
    }


def test_matrix_in_the_order_of_the_classes(make, plan):
    instance = make()
    square = matrix(instance, transitions(instance, plan))
    assert list(square.index) == list(square.columns) == ["crop", "arbor", "fac"]
    assert square.to_numpy().tolist() == [[70, 20, 10], [0, 38, 2], [0, 0, 10]]
