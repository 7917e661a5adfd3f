from specbench.scores.contract import *
class RepresentationSimilarity(Score):
    name="rsa"; title="t"; family="f"; symmetric=True; needs=Needs.HALF_SINGLES; version=1; source="s"; Settings=ProbeSettings
    def compute(self, inputs): ...
