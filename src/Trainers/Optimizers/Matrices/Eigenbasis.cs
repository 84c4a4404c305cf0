namespace Microsoft.ML.Trainers.Torch.Lanes;

/// <summary>The eigenvectors of a layer's preconditioner, one square matrix for each of its dimensions that has one.</summary>
internal readonly struct Eigenbasis
{
    private readonly StoredLayer layer;
    private readonly Soap o;
    private readonly double[] left, right, leftBasis, rightBasis;

    public Eigenbasis(StoredLayer layer, Soap o)
    {
        this.layer = layer;
        this.o = o;
        bool matrix = layer.Spec.Shape.Length > 1;
        int rows = matrix || o.PreconditionVectors ? layer.Rows : int.MaxValue, columns = matrix ? layer.Columns : int.MaxValue;
        (left, leftBasis) = (Square("left", rows), Square("left_basis", rows));
        (right, rightBasis) = (Square("right", columns), Square("right_basis", columns));
    }

    private double Beta => o.PreconditionerBeta ?? o.Beta2;

    /// <summary>The first preconditioner and its eigenvectors, the largest eigenvalue first.</summary>
    public void Begin(Matrix g)
    {
        Accumulate(g, 0);
        Symmetric.Eigenvectors(left, leftBasis, Side(left));
        Symmetric.Eigenvectors(right, rightBasis, Side(right));
    }

    /// <summary>Takes the gradient into the preconditioner, and every few steps renews the basis and reorders v with it.</summary>
    public void Update(Matrix g, double[] v, long t)
    {
        Accumulate(g, Beta);
        if (t % o.Frequency != 0) return;
        int rows = g.Rows, columns = g.Columns;
        if (left.Length > 0) Renew(left, leftBasis, v, rows, (i, j) => i * columns + j, columns);
        if (right.Length > 0) Renew(right, rightBasis, v, columns, (j, i) => i * columns + j, rows);
    }

    /// <summary>x = QL^T x QR.</summary>
    public void Into(Matrix x) => Turn(x, transpose: true);

    /// <summary>x = QL x QR^T.</summary>
    public void OutOf(Matrix x) => Turn(x, transpose: false);

    private double[] Square(string name, int dimension) =>
        dimension > o.LargestDimension ? [] : layer.Scalars.Array(name, dimension * dimension);

    private static int Side(double[] square) => (int)Math.Sqrt(square.Length);

    private void Accumulate(Matrix g, double keep)
    {
        double gain = 1 - Beta;
        if (left.Length > 0) AddOuter(left, g, keep, gain);
        if (right.Length == 0) return;
        Matrix transposed = layer.Scratch("transposed", g.Columns, g.Rows);
        transposed.Transpose(g);
        AddOuter(right, transposed, keep, gain);
    }

    private static void AddOuter(double[] square, Matrix a, double keep, double gain)
    {
        for (int i = 0; i < a.Rows; i++)
            for (int j = 0; j <= i; j++)
                square[i * a.Rows + j] = square[j * a.Rows + i] = keep * square[i * a.Rows + j] + gain * Matrix.Dot(a.Row(i), a.Row(j));
    }

    private void Renew(double[] square, double[] basis, double[] v, int n, Func<int, int, int> place, int others)
    {
        int[] order = Symmetric.Renew(square, basis, n);
        double[] old = [.. v];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < others; j++) v[place(i, j)] = old[place(order[i], j)];
    }

    private void Turn(Matrix x, bool transpose)
    {
        Matrix next = layer.Scratch("turned", x.Rows, x.Columns);
        if (left.Length > 0)
        {
            Array.Clear(next.Values);
            for (int i = 0; i < x.Rows; i++)
                for (int k = 0; k < x.Rows; k++)
                    Matrix.AddScaled(next.Row(i), transpose ? leftBasis[k * x.Rows + i] : leftBasis[i * x.Rows + k], x.Row(k));
            next.Values.CopyTo(x.Values, 0);
        }
        if (right.Length == 0) return;
        Array.Clear(next.Values);
        int n = x.Columns;
        for (int i = 0; i < x.Rows; i++)
        {
            if (transpose)
            {
                for (int k = 0; k < n; k++) Matrix.AddScaled(next.Row(i), x.Values[i * n + k], rightBasis.AsSpan(k * n, n));
            }
            else
            {
                for (int j = 0; j < n; j++) next.Values[i * n + j] = Matrix.Dot(x.Row(i), rightBasis.AsSpan(j * n, n));
            }
        }
        next.Values.CopyTo(x.Values, 0);
    }
}
