namespace VhdPS.Console;

/// <summary>Where the VhdPS module of this host lies.</summary>
internal static class ModuleLocation
{
    private const string ModuleName = "VhdPS";

    /// <summary>
    /// The module's manifest: beside the executable where the host is packaged, else what the build staged in the
    /// checkout that the executable was built in. Null when there is neither.
    /// </summary>
    public static string? Find(string baseDirectory)
    {
        string packaged = ManifestIn(baseDirectory);
        if (File.Exists(packaged))
        {
            return packaged;
        }

        for (var folder = new DirectoryInfo(baseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "VhdPS.sln")))
            {
                string staged = ManifestIn(Path.Combine(folder.FullName, "out"));
                return File.Exists(staged) ? staged : null;
            }
        }

        return null;
    }

    /// <summary>Puts the folder that holds the module's folder first on PSModulePath, so that its name is enough.</summary>
    public static void AddToModulePath(string manifest)
    {
        string parent = Path.GetDirectoryName(Path.GetDirectoryName(manifest))!;
        string? others = Environment.GetEnvironmentVariable("PSModulePath");
        Environment.SetEnvironmentVariable(
            "PSModulePath", string.IsNullOrEmpty(others) ? parent : parent + Path.PathSeparator + others);
    }

    private static string ManifestIn(string folder) => Path.Combine(folder, ModuleName, ModuleName + ".psd1");
}
