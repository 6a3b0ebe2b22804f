namespace VhdPS.Bench.Compare;

/// <summary>Places of the repository that the program was built from.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string StagedModule => Path.Combine(Root, "out", "VhdPS", "VhdPS.psd1");

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "VhdPS.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("The program does not lie in a repository of VhdPS.");
    }
}
