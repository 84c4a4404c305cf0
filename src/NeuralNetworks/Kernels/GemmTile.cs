using System.Runtime.CompilerServices;

namespace Microsoft.ML.NeuralNetworks.Kernels;

/// <summary>
/// The inner loop of the matrix product: a tile of C of up to 8 rows and one or two lanes stays in registers while k runs.
/// Every number of C is one chain of multiply-adds in the order of k, whatever the tile, the lane or the split of rows:
/// so a row's result does not depend on the rows beside it.
/// </summary>
internal static unsafe class GemmTile
{
    /// <summary>The number of rows and lanes of a tile, known to the JIT.</summary>
    internal interface IShape
    {
        static abstract int Rows { get; }

        static abstract bool Wide { get; }
    }
    internal readonly struct Shape8Wide : IShape
    {
        public static int Rows => 8;

        public static bool Wide => true;
    }
    internal readonly struct Shape8Narrow : IShape
    {
        public static int Rows => 8;

        public static bool Wide => false;
    }
    internal readonly struct Shape6Wide : IShape
    {
        public static int Rows => 6;

        public static bool Wide => true;
    }
    internal readonly struct Shape6Narrow : IShape
    {
        public static int Rows => 6;

        public static bool Wide => false;
    }
    internal readonly struct Shape4Wide : IShape
    {
        public static int Rows => 4;

        public static bool Wide => true;
    }
    internal readonly struct Shape4Narrow : IShape
    {
        public static int Rows => 4;

        public static bool Wide => false;
    }
    internal readonly struct Shape2Wide : IShape
    {
        public static int Rows => 2;

        public static bool Wide => true;
    }
    internal readonly struct Shape2Narrow : IShape
    {
        public static int Rows => 2;

        public static bool Wide => false;
    }
    internal readonly struct Shape1Wide : IShape
    {
        public static int Rows => 1;

        public static bool Wide => true;
    }
    internal readonly struct Shape1Narrow : IShape
    {
        public static int Rows => 1;

        public static bool Wide => false;
    }
    /// <summary>C = max(lower, initial + A B) for one tile; A's number (i, k) is at a[i * ai + k * ak], B's row k at b + k * bk.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply<T, TShape>(
        float* a, nint ai, nint ak, float* b, nint bk, float* initial, nint ii, float* c, nint ci, int count, float lower)
        where T : struct, ILane<T>
        where TShape : struct, IShape
    {
        T c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default, c40 = default, c41 = default, c50 = default, c51 = default, c60 = default, c61 = default, c70 = default, c71 = default;
        c00 = T.Load(initial);
        if (TShape.Wide) c01 = T.Load(initial + T.Count);
        if (TShape.Rows > 1)
        {
            c10 = T.Load(initial + ii);
            if (TShape.Wide) c11 = T.Load(initial + ii + T.Count);
        }
        if (TShape.Rows > 2)
        {
            c20 = T.Load(initial + 2 * ii);
            if (TShape.Wide) c21 = T.Load(initial + 2 * ii + T.Count);
        }
        if (TShape.Rows > 3)
        {
            c30 = T.Load(initial + 3 * ii);
            if (TShape.Wide) c31 = T.Load(initial + 3 * ii + T.Count);
        }
        if (TShape.Rows > 4)
        {
            c40 = T.Load(initial + 4 * ii);
            if (TShape.Wide) c41 = T.Load(initial + 4 * ii + T.Count);
        }
        if (TShape.Rows > 5)
        {
            c50 = T.Load(initial + 5 * ii);
            if (TShape.Wide) c51 = T.Load(initial + 5 * ii + T.Count);
        }
        if (TShape.Rows > 6)
        {
            c60 = T.Load(initial + 6 * ii);
            if (TShape.Wide) c61 = T.Load(initial + 6 * ii + T.Count);
        }
        if (TShape.Rows > 7)
        {
            c70 = T.Load(initial + 7 * ii);
            if (TShape.Wide) c71 = T.Load(initial + 7 * ii + T.Count);
        }
        nint a2 = 2 * ai, a3 = 3 * ai;
        float* upper = a + 4 * ai;
        for (; count > 0; count--)
        {
            T b0 = T.Load(b), b1 = TShape.Wide ? T.Load(b + T.Count) : default;
            T x = T.All(a[0]);
            c00 = T.MultiplyAdd(x, b0, c00);
            if (TShape.Wide) c01 = T.MultiplyAdd(x, b1, c01);
            if (TShape.Rows > 1)
            {
                x = T.All(a[ai]);
                c10 = T.MultiplyAdd(x, b0, c10);
                if (TShape.Wide) c11 = T.MultiplyAdd(x, b1, c11);
            }
            if (TShape.Rows > 2)
            {
                x = T.All(a[a2]);
                c20 = T.MultiplyAdd(x, b0, c20);
                if (TShape.Wide) c21 = T.MultiplyAdd(x, b1, c21);
            }
            if (TShape.Rows > 3)
            {
                x = T.All(a[a3]);
                c30 = T.MultiplyAdd(x, b0, c30);
                if (TShape.Wide) c31 = T.MultiplyAdd(x, b1, c31);
            }
            if (TShape.Rows > 4)
            {
                x = T.All(upper[0]);
                c40 = T.MultiplyAdd(x, b0, c40);
                if (TShape.Wide) c41 = T.MultiplyAdd(x, b1, c41);
            }
            if (TShape.Rows > 5)
            {
                x = T.All(upper[ai]);
                c50 = T.MultiplyAdd(x, b0, c50);
                if (TShape.Wide) c51 = T.MultiplyAdd(x, b1, c51);
            }
            if (TShape.Rows > 6)
            {
                x = T.All(upper[a2]);
                c60 = T.MultiplyAdd(x, b0, c60);
                if (TShape.Wide) c61 = T.MultiplyAdd(x, b1, c61);
            }
            if (TShape.Rows > 7)
            {
                x = T.All(upper[a3]);
                c70 = T.MultiplyAdd(x, b0, c70);
                if (TShape.Wide) c71 = T.MultiplyAdd(x, b1, c71);
            }
            a += ak;
            upper += ak;
            b += bk;
        }
        T least = T.All(lower);
        T.Store(T.Max(least, c00), c);
        if (TShape.Wide) T.Store(T.Max(least, c01), c + T.Count);
        if (TShape.Rows > 1)
        {
            T.Store(T.Max(least, c10), c + ci);
            if (TShape.Wide) T.Store(T.Max(least, c11), c + ci + T.Count);
        }
        if (TShape.Rows > 2)
        {
            T.Store(T.Max(least, c20), c + 2 * ci);
            if (TShape.Wide) T.Store(T.Max(least, c21), c + 2 * ci + T.Count);
        }
        if (TShape.Rows > 3)
        {
            T.Store(T.Max(least, c30), c + 3 * ci);
            if (TShape.Wide) T.Store(T.Max(least, c31), c + 3 * ci + T.Count);
        }
        if (TShape.Rows > 4)
        {
            T.Store(T.Max(least, c40), c + 4 * ci);
            if (TShape.Wide) T.Store(T.Max(least, c41), c + 4 * ci + T.Count);
        }
        if (TShape.Rows > 5)
        {
            T.Store(T.Max(least, c50), c + 5 * ci);
            if (TShape.Wide) T.Store(T.Max(least, c51), c + 5 * ci + T.Count);
        }
        if (TShape.Rows > 6)
        {
            T.Store(T.Max(least, c60), c + 6 * ci);
            if (TShape.Wide) T.Store(T.Max(least, c61), c + 6 * ci + T.Count);
        }
        if (TShape.Rows > 7)
        {
            T.Store(T.Max(least, c70), c + 7 * ci);
            if (TShape.Wide) T.Store(T.Max(least, c71), c + 7 * ci + T.Count);
        }
    }
}
