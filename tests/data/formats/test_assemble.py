from tlcore.data.formats.assemble import class_order


def test_numbers_are_ordered_by_value_and_other_names_by_name():
    assert class_order({"10", "2", "1"}) == ("1", "2", "10")
    assert class_order({"10.0", "2.0", "-1.5"}) == ("-1.5", "2.0", "10.0")
    assert class_order({"1", "001", "010", "2"}) == ("001", "1", "2", "010")
    assert class_order({"10", "2", "x"}) == ("10", "2", "x")
