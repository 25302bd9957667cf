def tensor_repr(x):
    return f"tensor({x.tolist()})"
def repr_html(x):
    return ""
def set_printoptions(**k):
    pass
