# sizes.gp - draws what sizes.awk wrote: gnuplot -e "data='FOLDER'; pictures='FOLDER'" sizes.gp
set encoding utf8
set border 3 lc rgb '#555555'
set tics nomirror
set grid lc rgb '#e4e4e4' lt 1 lw 1
set key top left samplen 2 spacing 1.1 reverse Left noautotitle
set logscale xy
set xtics 2 logscale
set autoscale xfix
unset mxtics
set ylabel 'microseconds per update'

programs = 'minigrad eigen openblas onednn torch dlib'
titles = 'minigrad "Eigen, by hand" "OpenBLAS, by hand" "oneDNN, by hand" libtorch dlib'
array color[6] = ['#c0392b', '#2471a3', '#229954', '#af7ac5', '#b9770e', '#7f8c8d']
file(what, i) = data.'/'.what.'-'.word(programs, i).'.dat'
there(what, i) = int(system('test -s '.file(what, i).' && echo 1 || echo 0'))

do for [what in 'batch width depth'] {
  set terminal svg size 720,430 dynamic font 'sans-serif,14' background '#ffffff' name 'cost_'.what
  set output pictures.'/cost_'.what.'.svg'
  set xlabel what eq 'batch' ? 'samples in the batch (16-64-64-1)' : \
             what eq 'width' ? 'neurons in each of two hidden layers (64 samples)' : \
                               'hidden layers of 64 neurons (64 samples)'
  command = ''
  do for [i=1:words(programs)] {
    if (there(what, i)) {
      command = command.sprintf("%s '%s' with linespoints pt 7 ps 0.5 lw %g lc rgb '%s' title '%s'", \
        command eq '' ? 'plot' : ',', file(what, i), i == 1 ? 3.0 : 1.5, color[i], word(titles, i))
    }
  }
  eval command
}
