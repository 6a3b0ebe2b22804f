namespace VhdPS.Engine.Partitions.FileSystems;

/// <summary>Adjacent clusters of a file.</summary>
/// <param name="FirstVcn">The first of them, counted in the file.</param>
/// <param name="FirstLcn">The first of them, counted in the volume; negative where they are not stored and read as zeros.</param>
/// <param name="Count">Clusters.</param>
internal readonly record struct ClusterRun(long FirstVcn, long FirstLcn, long Count)
{
    /// <summary>Whether the clusters are stored.</summary>
    public bool IsStored => FirstLcn >= 0;

    /// <summary>The first cluster of the file past them.</summary>
    public long EndVcn => FirstVcn + Count;
}
