"""SHOW: charts and documents of runs and sweeps, in English and Japanese. `dxsim.views.charts` lists all charts."""
