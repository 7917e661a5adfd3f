from specbench.scores.contract import *
class InputAttributionSimilarity(Score):
    name="ias"; title="t"; family="f"; symmetric=True; needs=Needs.HALF_SINGLES; version=1; source="s"; Settings=ProbeSettings
    def compute(self, inputs): ...
